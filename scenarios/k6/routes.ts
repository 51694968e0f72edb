// The public API as far as the client calls it; a test holds it to the contract of the system, which k6 cannot import. What is done with
// `money` is written down before it is sent, has an idempotency key, and may be sent twice at once.
export const routes = {
  register: { method: 'POST', path: '/v1/players', status: 201, signed: false, money: false },
  login: { method: 'POST', path: '/v1/login', status: 200, signed: false, money: false },
  games: { method: 'GET', path: '/v1/games', status: 200, signed: false, money: false },
  open_session: { method: 'POST', path: '/v1/sessions', status: 201, signed: true, money: false },
  deposit: { method: 'POST', path: '/v1/deposits', status: 200, signed: true, money: true },
  ask_payout: { method: 'POST', path: '/v1/payouts', status: 201, signed: true, money: true },
  confirm_payout: { method: 'POST', path: '/v1/payouts/{payout_id}/confirm', status: 200, signed: true, money: true },
  cancel_payout: { method: 'POST', path: '/v1/payouts/{payout_id}/cancel', status: 200, signed: true, money: true },
  spin: { method: 'POST', path: '/v1/spins', status: 200, signed: true, money: true },
  balance: { method: 'GET', path: '/v1/balance', status: 200, signed: true, money: false },
  history: { method: 'GET', path: '/v1/history', status: 200, signed: true, money: false },
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

/** Same run, same operation, same key: over all attempts. */
export const idempotencyKey = (run_id: string, operation_id: string): string => `${run_id}-${operation_id}`
