import type { Kind } from './routes.ts'

// What the k6 program writes with console.log, one JSON line each, and the ingestion reads. Keys are short: at a million
// operations each letter is a megabyte. Times are wall clock in milliseconds. `i`: number of the arrival, absent for what
// the client does beside it (onboarding, a fresh token). `x`: trace and span of an operation whose trace is sampled.

/** k6's zero of the arrival schedule. */
export interface StartLine {
  t: 'start'
  at: number
}

/** An arrival after the load was told to stop: nothing was done. */
export interface SkipLine {
  t: 'skip'
  i: number
  s: number
}

/** An operation that moves money begins: written before the first byte is sent. */
export interface InvokeLine {
  t: 'invoke'
  o: string
  i?: number
  k: Kind
  p: string // player_id
  s: number
  q: Record<string, unknown> // the request
  x?: [trace_id: string, span_id: string]
}

export interface EndLine {
  t: 'end'
  o: string
  i?: number
  k: Kind
  p: string
  s: number
  e: number
  r: 'ok' | 'fail' | 'info'
  /** The request; of operations that have no invoke line. */
  q?: Record<string, unknown>
  /** ok: the answer, and `duplicate` when a second one disagrees; fail, info: {code}. */
  v: Record<string, unknown>
  a: AttemptCells[]
  x?: [trace_id: string, span_id: string]
}

export type LoadLine = StartLine | SkipLine | InvokeLine | EndLine

/** region, start, blocked, connecting, tls, sending, waiting, receiving, duration, status, error: columns of requests.csv. */
export type AttemptCells = [
  region: string,
  start_ms: number,
  blocked_ms: number,
  connecting_ms: number,
  tls_ms: number,
  sending_ms: number,
  waiting_ms: number,
  receiving_ms: number,
  duration_ms: number,
  status: number,
  error: string,
]
