import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

// W3C trace context (https://www.w3.org/TR/trace-context/): `traceparent: 00-<trace id>-<span id>-<flags>`.
export interface Trace {
  readonly trace_id: string // 32 hex digits
  readonly span_id: string // 16 hex digits: of this hop
  readonly flags: string // 2 hex digits; the lowest bit: sampled
  /** The hop before, where there was one. */
  readonly parent_id?: string
}

const traceparent = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/
const current = new AsyncLocalStorage<Trace | undefined>()

/** Identifiers are cut from one block of random bytes: one system call for 170 hops. */
const block_bytes = 4096
let block = Buffer.alloc(0)
let used = 0

function take(bytes: number): number {
  if (used + bytes > block.length) {
    block = randomBytes(block_bytes)
    used = 0
  }
  used += bytes
  return used - bytes
}

function hex(bytes: number): string {
  const from = take(bytes)
  return block.toString('hex', from, from + bytes)
}

/** True for that share of the calls. */
export function drawn(share: number): boolean {
  if (share <= 0) return false
  const from = take(4)
  return block.readUInt32LE(from) < share * 2 ** 32
}

const sampled_flags = '01'
const unsampled_flags = '00'

/** Whether this trace is recorded was decided where it began, once: everybody after that heeds its flag. */
export const isSampled = (trace: Trace | undefined): trace is Trace =>
  trace !== undefined && trace.flags !== unsampled_flags && (Number.parseInt(trace.flags, 16) & 1) === 1

export const newTrace = (sampled: boolean): Trace => ({
  trace_id: hex(16),
  span_id: hex(8),
  flags: sampled ? sampled_flags : unsampled_flags,
})

/** A hop inside of this process. */
export const childOf = ({ trace_id, span_id, flags }: Trace): Trace => ({
  trace_id,
  span_id: hex(8),
  flags,
  parent_id: span_id,
})

/** The hop that wrote this `traceparent` header; undefined when there is none or it is malformed. */
export function hopIn(header: string | string[] | null | undefined): Trace | undefined {
  const parts = typeof header === 'string' ? traceparent.exec(header) : null
  return parts === null ? undefined : { trace_id: parts[1]!, span_id: parts[2]!, flags: parts[3]! }
}

/** The hop after the one in the header, or a new trace, of which a share is sampled. */
export function traceOf(header: string | string[] | undefined, share: number): Trace {
  const before = hopIn(header)
  return before === undefined ? newTrace(drawn(share)) : childOf(before)
}

export const headerOf = (trace: Trace): string => `00-${trace.trace_id}-${trace.span_id}-${trace.flags}`

/** The header of a trace that is sampled; null for others, of which nobody need hear later. */
export const sampledHeader = (trace: Trace | undefined): string | null => (isSampled(trace) ? headerOf(trace) : null)

/** The trace of the request that this code runs for. */
export const currentTrace = (): Trace | undefined => current.getStore()

export const withTrace = <T>(trace: Trace | undefined, work: () => T): T => current.run(trace, work)
