/**
 * What one attempt says about its operation:
 * `ok` it happened · `refused` it did not, and will not · `never` it did not, try again · `unknown` it may have, try again ·
 * `stale` the token is too old: log in and try again.
 */
export type Verdict = 'ok' | 'refused' | 'never' | 'unknown' | 'stale'

export interface Answer {
  /** HTTP status, 0 when there was no answer. */
  status: number
  /** k6's error code, 0 when there was none. */
  error_code: number
  /**
   * Whether the request got a connection at all. A broken kept-alive connection makes Go's transport send a request that has
   * an idempotency key again by itself; when it cannot dial then, the error is that of dialling, but a copy is out.
   */
  connected: boolean
  /** Code of the problem in the body, '' when there was none. */
  problem: string
  /** Whether the body could be read as JSON. */
  readable: boolean
}

export function verdictOf({ status, error_code, connected, problem, readable }: Answer): Verdict {
  if (status === 0) return !connected && neverSent(error_code) ? 'never' : 'unknown'
  if (status >= 200 && status < 300) return readable && error_code < 1400 ? 'ok' : 'unknown'
  if (status === 408 || status === 429 || problem === 'round_open') return 'never'
  if (status >= 500) return 'unknown'
  if (problem === 'token_expired') return 'stale'
  // The same copy, with the same nonce, where it can dial: this refuses the second one, and the first may have been done.
  if (problem === 'request_replayed') return 'unknown'
  return 'refused'
}

/** k6 error codes of requests that never left: DNS (11xx), dialling (1210–1213), TLS handshake (13xx). */
const neverSent = (error_code: number): boolean =>
  (error_code >= 1100 && error_code < 1200) ||
  (error_code >= 1210 && error_code <= 1213) ||
  (error_code >= 1300 && error_code < 1400)
