import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '#lib/clock.ts'
import { traceProofKey } from '#sut/contracts/tracing.ts'
import { budget } from './budget.ts'
import { childOf, drawn, hopIn, isSampled, newTrace, traceOf, type Trace } from './trace.ts'

export type Header = string | string[] | undefined
/** The trace of a request, by its headers `traceparent` and `tracestate`. */
export type TraceEntry = (traceparent: Header, tracestate: Header) => Trace

/** Where all who call are services of ours: what they say counts. */
export const fromServices: TraceEntry = (traceparent) => traceOf(traceparent, 0)

/** Whether somebody who has the key asks for this trace. */
export type ProvesTrace = (trace_id: string, tracestate: Header) => boolean

// Where anybody calls, nobody is believed. To record a trace costs every service on its way, and the stream of spans has an end.
//
//   none, or malformed                    a trace of our own, a share of which is recorded
//   not sampled                           goes on under its id, and is not recorded
//   sampled, tracestate proves the key    goes on and is recorded, so many a second; beyond that not
//   sampled, no proof                     a trace of our own: what the client named stays its own
//
// The last is the "restart" that the specification has for front gates of secure networks (https://www.w3.org/TR/trace-context/, 3.4).
export interface TraceEntryOptions {
  /** Of the requests that do not prove anything, those that are recorded. */
  share: number
  proves: ProvesTrace
  clock: Pick<Clock, 'monotonic_ms'>
}

export function fromAnybody({ share, proves, clock }: TraceEntryOptions): TraceEntry {
  const proven = budget({ ...provenLimits(share), remembered_max: 1 }, clock)
  return (traceparent, tracestate) => {
    const before = hopIn(traceparent)
    if (before === undefined) return newTrace(drawn(share))
    const quiet = childOf({ ...before, flags: '00' })
    if (!isSampled(before)) return quiet
    if (!proves(before.trace_id, tracestate)) return newTrace(drawn(share))
    return proven.take('all') === undefined ? quiet : { ...quiet, flags: '01' }
  }
}

/** A busy second of an address is 2,000 requests. With the usual share of a hundredth, 40 a second. */
export const provenLimits = (share: number): { burst: number; per_s: number } => {
  const per_s = 20 + 2_000 * share
  return { burst: 2 * per_s, per_s }
}

/** Member of `tracestate` by which a client shows that it has the key: `slot=<hex(HMAC-SHA256(key, trace id))>`. */
export function provesWith(key: string | undefined): ProvesTrace {
  if (key === undefined || key === '') return () => false
  return (trace_id, tracestate) => {
    const shown = proofIn(tracestate)
    if (shown === undefined) return false
    const right = createHmac('sha256', key).update(trace_id).digest()
    return timingSafeEqual(right, Buffer.from(shown, 'hex'))
  }
}

/** As long as the specification wants a `tracestate` to be kept. */
const tracestate_max = 512
const member = new RegExp(`(?:^|,)[ \\t]*${traceProofKey}=([0-9a-f]{64})[ \\t]*(?:,|$)`)

function proofIn(tracestate: Header): string | undefined {
  if (typeof tracestate !== 'string' || tracestate.length > tracestate_max) return undefined
  return member.exec(tracestate)?.[1]
}
