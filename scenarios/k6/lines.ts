import type { Kind } from './routes.ts'

// What the k6 program writes with console.log, one JSON line each, and the ingestion reads. Keys are short: at a million
// operations each letter is a megabyte. Times are wall clock in milliseconds. `i`: number of the arrival, absent for what
// the client does beside it (onboarding, a fresh token). `c`: the journey. `y`: name of the idempotency key, where it is not the id of
// the operation. `l`: the operation that gave the login. `x`: trace and span of an operation whose trace is sampled.

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

interface Named {
  o: string
  i?: number
  k: Kind
  c: string
  y?: string
  l?: string
  x?: [trace_id: string, span_id: string]
}

/** An operation that changes something begins: written before the first byte is sent. */
export interface InvokeLine extends Named {
  t: 'invoke'
  p: string // player_id
  s: number
  q: Record<string, unknown> // the request
}

export interface EndLine extends Named {
  t: 'end'
  p: string
  s: number
  e: number
  r: 'ok' | 'fail' | 'info'
  /** The request; of operations that have no invoke line. */
  q?: Record<string, unknown>
  /** 0: it says nothing of the service level. */
  u?: 0
  /** ok: the answer, and `duplicate` when a second one disagrees; fail, info: {code}. */
  v: Record<string, unknown>
  a: AttemptCells[]
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
