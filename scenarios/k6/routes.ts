// The public API as far as the client calls it; a test holds it to the contract of the system, which k6 cannot import. What `changes`
// something is written down before it is sent; what moves `money` has an idempotency key besides, and may be sent twice at once.
const read = { signed: true, money: false, changes: false } as const
const change = { signed: true, money: false, changes: true } as const
const move = { signed: true, money: true, changes: true } as const
const open = { signed: false, money: false, changes: false } as const

export const routes = {
  register: { method: 'POST', path: '/v1/players', status: 201, ...open },
  login: { method: 'POST', path: '/v1/login', status: 200, ...open },
  refresh: { method: 'POST', path: '/v1/login/refresh', status: 200, ...open, changes: true },
  logout: { method: 'POST', path: '/v1/logout', status: 200, ...change },
  games: { method: 'GET', path: '/v1/games', status: 200, ...open },
  open_session: { method: 'POST', path: '/v1/sessions', status: 201, ...read },
  deposit: { method: 'POST', path: '/v1/deposits', status: 200, ...move },
  withdraw: { method: 'POST', path: '/v1/withdrawals', status: 200, ...move },
  ask_payout: { method: 'POST', path: '/v1/payouts', status: 201, ...move },
  confirm_payout: { method: 'POST', path: '/v1/payouts/{payout_id}/confirm', status: 200, ...move },
  cancel_payout: { method: 'POST', path: '/v1/payouts/{payout_id}/cancel', status: 200, ...move },
  payout: { method: 'GET', path: '/v1/payouts/{payout_id}', status: 200, ...read },
  spin: { method: 'POST', path: '/v1/spins', status: 200, ...move },
  balance: { method: 'GET', path: '/v1/balance', status: 200, ...read },
  history: { method: 'GET', path: '/v1/history', status: 200, ...read },
  seed: { method: 'GET', path: '/v1/seed', status: 200, ...read },
  rotate_seed: { method: 'POST', path: '/v1/seed/rotate', status: 200, ...change },
  proof: { method: 'GET', path: '/v1/rounds/{round_id}/proof', status: 200, ...read },
  limits: { method: 'GET', path: '/v1/limits', status: 200, ...read },
  set_limits: { method: 'POST', path: '/v1/limits', status: 200, ...change },
  self_exclude: { method: 'POST', path: '/v1/self-exclusion', status: 200, ...change },
  reality_check: { method: 'POST', path: '/v1/sessions/{session_id}/reality-check', status: 200, ...change },
  suspend: { method: 'POST', path: '/v1/operator/players/{player_id}/suspend', status: 200, ...change },
  reinstate: { method: 'POST', path: '/v1/operator/players/{player_id}/reinstate', status: 200, ...change },
} as const

export type Kind = keyof typeof routes

/** The path, with its parameters out of the request. */
export const pathOf = (kind: Kind, value: Record<string, unknown>): string =>
  routes[kind].path.replace(/\{(\w+)\}/g, (_, name: string) => String(value[name]))

export const headers = {
  timestamp: 'x-slot-timestamp',
  nonce: 'x-slot-nonce',
  signature: 'x-slot-signature',
  key: 'idempotency-key',
} as const

/** Same run, same name, same key: over all attempts. The name is that of the operation, or one that several share. */
export const idempotencyKey = (run_id: string, name: string): string =>
  name.startsWith(foreign) ? name.slice(foreign.length) : `${run_id}-${name}`

/** The name of a key, whoever made it. */
export const keyName = (run_id: string, key: string): string =>
  key.startsWith(`${run_id}-`) ? key.slice(run_id.length + 1) : `${foreign}${key}`

/** Begins the name of a key that is none of this run's: it is sent as it is. */
const foreign = '='
