import { textOf } from '#lib/errors.ts'
import type { Clock } from '#lib/clock.ts'
import type { Span, SpanAttributes, SpanKind } from '#sut/contracts/tracing.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { ServiceConfig } from './config.ts'
import { childOf, currentTrace, isSampled, withTrace, type Trace } from './trace.ts'

// Records what a sampled trace does in this process. Of a trace that is not sampled nothing is made, not even a name: each place
// that could be a span looks at one flag and goes on.

export interface SpanDescription {
  name: string
  kind: SpanKind
  attributes: SpanAttributes
}

export interface OpenSpan {
  /** For what happens inside. */
  readonly trace: Trace
  set(attributes: SpanAttributes): void
  /** Once: what comes later is not heard. */
  end(error?: unknown): void
}

export interface Tracer {
  /** A span whose identity is `trace`, which must be sampled. */
  open: (trace: Trace, description: SpanDescription) => OpenSpan
  /** Runs `work` as a span of the current trace; where that is not sampled it is just run. */
  span: <T>(describe: () => SpanDescription, work: (span?: OpenSpan) => Promise<T>) => Promise<T>
}

/** For parts that nobody traces, such as a database of a test. */
export const noTracer: Tracer = {
  open: (trace) => ({ trace, set: () => {}, end: () => {} }),
  span: (_describe, work) => work(),
}

/** `finished`: takes each span that has ended; must not throw. */
export function tracer(
  { service, instance, region }: Pick<ServiceConfig, 'service' | 'instance' | 'region'>,
  clock: Clock,
  finished: (span: Span) => void,
): Tracer {
  const open: Tracer['open'] = (trace, { name, kind, attributes }) => {
    const { trace_id, span_id, parent_id = null } = trace
    const start_ms = clock.wall_ms()
    const all: SpanAttributes = { ...attributes }
    let over = false
    return {
      trace,
      set: (more) => void Object.assign(all, more),
      end(failure) {
        if (over) return
        over = true
        const error = failure === undefined ? null : codeOf(failure)
        if (error !== null) all['error.type'] = error
        const place = { service, instance, region }
        const times = { start_ms, end_ms: clock.wall_ms() }
        finished({ trace_id, span_id, parent_id, ...place, name, span_kind: kind, ...times, attributes: all, error })
      },
    }
  }
  const recorded = async <T>(opened: OpenSpan, work: (span: OpenSpan) => Promise<T>): Promise<T> => {
    try {
      const result = await withTrace(opened.trace, () => work(opened))
      opened.end()
      return result
    } catch (error) {
      opened.end(error)
      throw error
    }
  }
  return {
    open,
    // No promise of its own where there is nothing to record.
    span: (describe, work) => {
      const parent = currentTrace()
      return isSampled(parent) ? recorded(open(childOf(parent), describe()), work) : work()
    },
  }
}

/** A code, where there is one: messages may name what a span must not hold. */
function codeOf(failure: unknown): string {
  if (failure instanceof Problem) return failure.code
  const code: unknown = failure instanceof Error ? Reflect.get(failure, 'code') : undefined
  if (typeof code === 'string' && code !== '') return code
  return failure instanceof Error ? failure.name : textOf(failure)
}
