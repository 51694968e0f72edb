// What the public API says that it answers: each refusal has a code of its own, a status that belongs to it, and the operations that can
// be refused so. `internal` is in no list: it is what an answer is called that nobody meant to give.

/** On every route, before anything is looked at. */
const anywhere = {
  malformed: 400,
  request_timeout: 408,
  body_too_large: 413,
  unsupported_media_type: 415,
  headers_refused: 431,
  too_many_requests: 429,
  abuse_suspected: 429,
  unavailable: 503,
  deadline_exceeded: 504,
}
const notRecognized = {
  unauthenticated: 401,
  token_expired: 401,
  token_revoked: 401,
  signature_invalid: 401,
  request_replayed: 401,
  clock_skewed: 401,
  forbidden: 403,
}
const holdEnded = { hold_captured: 409, hold_released: 409, hold_expired: 409 }
const signed = { ...anywhere, ...notRecognized }
const notThere = { not_found: 404 }
const moves = { ...signed, ...notThere, idempotency_conflict: 409 }

/** Code → status, by kind of operation. */
const answers: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  register: { ...anywhere, name_taken: 409 },
  login: { ...anywhere, unauthenticated: 401, account_suspended: 403 },
  refresh: { ...anywhere, unauthenticated: 401, token_expired: 401, token_revoked: 401, account_suspended: 403 },
  games: anywhere,
  deposit: { ...moves, self_excluded: 403, rolled_back: 409 },
  withdraw: { ...moves, insufficient_funds: 402, rolled_back: 409 },
  ask_payout: { ...moves, ...holdEnded, insufficient_funds: 402 },
  payout: { ...signed, ...notThere },
  confirm_payout: { ...moves, ...holdEnded, insufficient_funds: 402 },
  cancel_payout: { ...moves, ...holdEnded },
  open_session: { ...signed, ...notThere, self_excluded: 403 },
  reality_check: { ...signed, ...notThere, self_excluded: 403, session_ended: 422 },
  spin: {
    ...moves,
    insufficient_funds: 402,
    self_excluded: 403,
    round_cancelled: 409,
    round_open: 409,
    rolled_back: 409,
    already_won: 409,
    stake_refused: 422,
    session_ended: 422,
    loss_limit_reached: 422,
    reality_check_due: 422,
    spins_too_fast: 429,
  },
  proof: { ...signed, ...notThere, round_open: 409 },
  rotate_seed: { ...signed, ...notThere, round_open: 409 },
  seed: { ...signed, ...notThere },
  suspend: { ...signed, ...notThere },
  reinstate: { ...signed, ...notThere },
}

/** What is wrong with an answer that was no success; null: the API names it for that kind of operation. */
export function unnamed(kind: string, { status, code }: { status: number; code: string }): string | null {
  const known: Readonly<Record<string, number>> = answers[kind] ?? signed
  const named = Object.hasOwn(known, code) ? known[code] : undefined
  if (named === undefined) return `with ${status} (${code}), which the API does not name for it`
  return named === status ? null : `${code} with ${status}, which the API says to be ${named}`
}
