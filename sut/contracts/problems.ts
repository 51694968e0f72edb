// Every refusal that a caller can get, inside or outside: body {code, message}, with this status.
// `retry`: whether the same request, with the same idempotency key, may succeed later.
export const problems = {
  malformed: { status: 400, retry: false },
  unauthenticated: { status: 401, retry: false },
  token_expired: { status: 401, retry: false },
  token_revoked: { status: 401, retry: false },
  signature_invalid: { status: 401, retry: false },
  request_replayed: { status: 401, retry: false },
  clock_skewed: { status: 401, retry: false },
  insufficient_funds: { status: 402, retry: false },
  forbidden: { status: 403, retry: false },
  account_suspended: { status: 403, retry: false },
  not_found: { status: 404, retry: false },
  request_timeout: { status: 408, retry: true },
  name_taken: { status: 409, retry: false },
  idempotency_conflict: { status: 409, retry: false },
  round_cancelled: { status: 409, retry: false },
  round_open: { status: 409, retry: true },
  rolled_back: { status: 409, retry: false },
  already_won: { status: 409, retry: false },
  hold_captured: { status: 409, retry: false },
  hold_released: { status: 409, retry: false },
  hold_expired: { status: 409, retry: false },
  body_too_large: { status: 413, retry: false },
  unsupported_media_type: { status: 415, retry: false },
  stake_refused: { status: 422, retry: false },
  session_ended: { status: 422, retry: false },
  self_excluded: { status: 403, retry: false },
  loss_limit_reached: { status: 422, retry: false },
  reality_check_due: { status: 422, retry: false },
  too_many_requests: { status: 429, retry: true },
  spins_too_fast: { status: 429, retry: true },
  abuse_suspected: { status: 429, retry: true },
  headers_refused: { status: 431, retry: false },
  internal: { status: 500, retry: true },
  unavailable: { status: 503, retry: true },
  deadline_exceeded: { status: 504, retry: true },
} as const satisfies Record<string, { status: number; retry: boolean }>

export type ProblemCode = keyof typeof problems

/** A refusal inside a service; the server turns it into its status and a body {code, message}. */
export class Problem extends Error {
  readonly code: ProblemCode

  constructor(code: ProblemCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Problem'
    this.code = code
  }
}
