import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

// W3C trace context (https://www.w3.org/TR/trace-context/): `traceparent: 00-<trace id>-<span id>-<flags>`.
export interface Trace {
  readonly trace_id: string // 32 hex digits
  readonly span_id: string // 16 hex digits: of this hop
  readonly flags: string // 2 hex digits
}

const traceparent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
const current = new AsyncLocalStorage<Trace>()

/** Identifiers are cut from one block of random bytes: one system call for 170 hops. */
const block_bytes = 4096
let block = Buffer.alloc(0)
let used = 0

function hex(bytes: number): string {
  if (used + bytes > block.length) {
    block = randomBytes(block_bytes)
    used = 0
  }
  used += bytes
  return block.toString('hex', used - bytes, used)
}

export const newTrace = (): Trace => ({ trace_id: hex(16), span_id: hex(8), flags: '01' })

/** The next hop of the trace in a `traceparent` header, or a new trace when there is none or it is malformed. */
export function traceOf(header: string | string[] | undefined): Trace {
  const parts = typeof header === 'string' ? traceparent.exec(header) : null
  if (parts === null) return newTrace()
  return { trace_id: parts[1]!, span_id: hex(8), flags: parts[3]! }
}

export const headerOf = (trace: Trace): string => `00-${trace.trace_id}-${trace.span_id}-${trace.flags}`

/** The trace of the request that this code runs for. */
export const currentTrace = (): Trace | undefined => current.getStore()

export const withTrace = <T>(trace: Trace, work: () => T): T => current.run(trace, work)
