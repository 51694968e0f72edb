import { operationAttribute, type Span } from '#sut/contracts/tracing.ts'
import { originOf, type RunRecord } from '../record/record.ts'
import type { ResultFile, TracedOperation, TracedSpan } from '../record/result.ts'
import { rounded } from './statistics.ts'
import { activeFault, trialsOf } from './trials.ts'

const shown_max = 3
const spans_max = 40

/** Traces by the operation of the client that they begin with. */
export const rootsOf = (spans: readonly Span[]): Map<string, Span> =>
  new Map(
    spans
      .filter(({ parent_id, attributes }) => parent_id === null && typeof attributes[operationAttribute] === 'string')
      .map((span) => [String(span.attributes[operationAttribute]), span]),
  )

/**
 * The slowest sampled operations while a fault was at work, or of the whole run where none was: with what was done for each, and when.
 * Undefined for a run without traces.
 */
export function measureTraces(record: RunRecord): ResultFile['traces'] {
  if (record.spans.length === 0) return undefined
  const trials = trialsOf(record)
  const roots = [...rootsOf(record.spans)].map(([operation_id, root]) => ({
    operation_id,
    root,
    fault: activeFault(trials, root.start_ms, root.end_ms),
  }))
  const hit = roots.filter(({ fault }) => fault !== null)
  const slowest = (hit.length > 0 ? hit : roots)
    .toSorted((one, other) => lengthOf(other.root) - lengthOf(one.root))
    .slice(0, shown_max)
  const byTrace = Map.groupBy(record.spans, ({ trace_id }) => trace_id)
  const origin_ms = originOf(record)
  return {
    operations: roots.length,
    spans: record.spans.length,
    slowest: slowest.map(({ operation_id, root, fault }): TracedOperation => {
      const all = inTreeOrder(root, byTrace.get(root.trace_id) ?? [])
      // What its events bring about comes later than the answer: nobody waits for that.
      const awaited = all.filter(({ span }) => span.start_ms <= root.end_ms)
      return {
        operation_id,
        kind: root.name,
        trace_id: root.trace_id,
        fault,
        at_s: rounded((root.start_ms - origin_ms) / 1000),
        duration_ms: rounded(lengthOf(root)),
        spans: awaited.slice(0, spans_max).map(({ span, depth }) => shownSpan(span, depth, root)),
        left_out: Math.max(0, awaited.length - spans_max),
        afterwards: all.length - awaited.length,
      }
    }),
  }
}

const lengthOf = ({ start_ms, end_ms }: Span): number => end_ms - start_ms

const shownSpan = (span: Span, depth: number, root: Span): TracedSpan => ({
  service: span.service,
  instance: span.instance,
  name: span.name,
  depth,
  start_ms: rounded(span.start_ms - root.start_ms),
  duration_ms: rounded(lengthOf(span)),
  error: span.error,
})

/** Parents before their children, these by their start. A span whose parent is lost (its process died) hangs on the root. */
function inTreeOrder(root: Span, spans: readonly Span[]): { span: Span; depth: number }[] {
  const known = new Set(spans.map(({ span_id }) => span_id))
  const parentOf = ({ parent_id }: Span): string =>
    parent_id !== null && known.has(parent_id) ? parent_id : root.span_id
  const others = spans.filter(({ span_id }) => span_id !== root.span_id)
  const children = Map.groupBy(
    others.toSorted((one, other) => one.start_ms - other.start_ms),
    parentOf,
  )
  const ordered: { span: Span; depth: number }[] = []
  const open = [{ span: root, depth: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    ordered.push(next)
    const { depth } = next
    const below = children.get(next.span.span_id) ?? []
    open.push(...below.toReversed().map((span) => ({ span, depth: depth + 1 })))
  }
  return ordered
}
