import type { Span } from '#sut/contracts/tracing.ts'
import { operationAttribute } from '#sut/contracts/tracing.ts'
import type { HistoryLine } from './format.ts'

// Synthetic traces: each n-th operation goes from the client through gateway, game and wallet to PostgreSQL, and on as an event.

interface Step {
  service: string
  name: string
  span_kind: Span['span_kind']
  depth: number
  /** Begin and end as shares of the operation's time; beyond 1: after the answer. */
  from: number
  to: number
}
const step = (
  service: string,
  name: string,
  span_kind: Span['span_kind'],
  [depth, from, to]: readonly [number, number, number],
): Step => ({ service, name, span_kind, depth, from, to })

const spin: readonly Step[] = [
  step('gateway', 'POST /v1/spins', 'server', [1, 0.02, 0.98]),
  step('gateway', 'SET', 'client', [2, 0.03, 0.06]),
  step('gateway', 'POST /rounds', 'client', [2, 0.08, 0.95]),
  step('game', 'POST /rounds', 'server', [3, 0.1, 0.93]),
  step('game', 'round-open', 'client', [4, 0.12, 0.25]),
  step('game', 'POST /transfers', 'client', [4, 0.28, 0.8]),
  step('wallet', 'POST /transfers', 'server', [5, 0.3, 0.78]),
  step('wallet', 'wallet-transfer-traced', 'client', [6, 0.31, 0.76]),
  step('game', 'round-move', 'client', [4, 0.82, 0.92]),
  step('wallet', 'send EVENTS', 'producer', [6, 3, 3.2]),
  step('analytics', 'process EVENTS', 'consumer', [7, 8, 8.4]),
]

export function fixtureSpans(history: readonly HistoryLine[], every: number): Span[] {
  const spins = history.filter(({ type, kind }) => type === 'invoke' && kind === 'spin')
  return spins.filter((_, index) => index % every === 0).flatMap((invoke, index) => treeOf(invoke, history, index))
}

function treeOf(invoke: HistoryLine, history: readonly HistoryLine[], index: number): Span[] {
  const end = history.find(({ operation_id, type }) => operation_id === invoke.operation_id && type !== 'invoke')
  if (end === undefined) return []
  const trace_id = (index + 1).toString(16).padStart(32, '0')
  const spanId = (number: number): string => (number + 1).toString(16).padStart(16, '0')
  const length_ms = end.at_ms - invoke.at_ms
  const error = end.type === 'ok' ? null : 'unavailable'
  const common = { trace_id, region: 'a', error }
  const client: Span = {
    ...common,
    span_id: spanId(0),
    parent_id: null,
    service: 'client',
    instance: 'client',
    name: 'spin',
    span_kind: 'client',
    start_ms: invoke.at_ms,
    end_ms: end.at_ms,
    attributes: { [operationAttribute]: invoke.operation_id, 'slot.outcome': end.type },
  }
  const above: string[] = [client.span_id]
  const others = spin.map(({ service, name, span_kind, depth, from, to }, number): Span => {
    above[depth] = spanId(number + 1)
    return {
      ...common,
      span_id: spanId(number + 1),
      parent_id: above[depth - 1]!,
      service,
      instance: `${service}-a-1`,
      name,
      span_kind,
      start_ms: invoke.at_ms + from * length_ms,
      end_ms: invoke.at_ms + to * length_ms,
      attributes: {},
    }
  })
  // In the order of their ends, as a service sends them.
  return [...others.toReversed(), client]
}
