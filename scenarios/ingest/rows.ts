import { requestColumns, type HistoryLine } from '#reports/record/format.ts'
import { csvLine } from '#reports/record/requests.ts'
import { operationAttribute, type Span } from '#sut/contracts/tracing.ts'
import type { EndLine, InvokeLine } from '../k6/lines.ts'
import { idempotencyKey, routes } from '../k6/routes.ts'

// From the lines of the k6 program to the lines of the record.

export const requestHeader = requestColumns.join(',')

/** One line for each attempt; an operation that was never sent, or never ended, has one line as well. */
export function requestRows(line: EndLine, planned_ms: number): string[] {
  const attempts = line.a.length > 0 ? line.a : [notSent(line)]
  return attempts.map(([region, start_ms, ...rest], index) => {
    const phases = rest.slice(0, 7)
    const [status, error] = rest.slice(7)
    const counted = line.u ?? 1
    return csvLine([
      line.o,
      index + 1,
      line.k,
      region,
      planned_ms,
      start_ms,
      ...phases,
      status!,
      error!,
      line.r,
      0,
      counted,
    ])
  })
}

const notSent = ({ s, e, v }: EndLine): EndLine['a'][number] => {
  const code = typeof v['code'] === 'string' ? v['code'] : ''
  return ['', s, 0, 0, 0, 0, 0, 0, e - s, 0, code]
}

/** An arrival that found no free player: planned, never started. */
export const droppedRow = (number: number, planned_ms: number): string =>
  csvLine([`dropped-${number}`, 0, '', '', planned_ms, '', '', '', '', '', '', '', '', 0, 'dropped', 'fail', 1, 1])

export function invokeEvent(run_id: string, line: InvokeLine | EndLine, planned_ms: number): HistoryLine {
  return {
    operation_id: line.o,
    type: 'invoke',
    at_ms: line.s,
    kind: line.k,
    player_id: line.p,
    ...namesOf(run_id, line),
    planned_ms,
    value: line.q ?? {},
  }
}

export function endEvent(run_id: string, line: EndLine): HistoryLine {
  return {
    operation_id: line.o,
    type: line.r,
    at_ms: line.e,
    kind: line.k,
    player_id: line.p,
    ...namesOf(run_id, line),
    value: line.v,
  }
}

/** What the player waited for: the root of the trace of an operation; null when that is not sampled. */
export function clientSpan(line: EndLine): Span | null {
  if (line.x === undefined) return null
  const [trace_id, span_id] = line.x
  const code = typeof line.v['code'] === 'string' ? line.v['code'] : line.r
  return {
    trace_id,
    span_id,
    parent_id: null,
    service: 'client',
    instance: 'client',
    region: line.a.at(-1)?.[0] ?? '',
    name: line.k,
    span_kind: 'client',
    start_ms: line.s,
    end_ms: line.e,
    attributes: { [operationAttribute]: line.o, 'slot.outcome': line.r, 'slot.attempts': line.a.length },
    error: line.r === 'ok' ? null : code,
  }
}

/** k6 was ended before this operation was: it may have happened. */
export const unfinished = (line: InvokeLine, ended_ms: number): EndLine => ({
  ...line,
  t: 'end',
  e: Math.max(line.s, ended_ms),
  r: 'info',
  v: { code: 'unfinished' },
  a: [],
})

function namesOf(run_id: string, { o, k, c, y, l }: InvokeLine | EndLine): Partial<HistoryLine> {
  return {
    ...(routes[k].money && { key: idempotencyKey(run_id, y ?? o) }),
    actor: c,
    ...(l !== undefined && { login: l }),
  }
}
