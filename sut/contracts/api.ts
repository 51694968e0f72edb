import { Type, type Static } from 'typebox'
import { auditEntry, auditHead } from './audit.ts'
import { amountMinor, balanceMinor } from './money.ts'
import { roles, type Role } from './roles.ts'

// The public API, all under /v1, JSON. Money-moving requests carry the header `idempotency-key`.
// Requests with a token are signed: x-slot-timestamp (ms since the epoch), x-slot-nonce (16–64 characters), and
// x-slot-signature = hex(HMAC-SHA256(signing_key, METHOD \n path-with-query \n hex(SHA-256(body)) \n timestamp \n nonce)).
export const signatureHeaders = {
  timestamp: 'x-slot-timestamp',
  nonce: 'x-slot-nonce',
  signature: 'x-slot-signature',
} as const

export const idempotencyKey = Type.String({ minLength: 8, maxLength: 80, pattern: '^[A-Za-z0-9:._-]+$' })

export const credentials = Type.Object({
  name: Type.String({ minLength: 3, maxLength: 64, pattern: '^[A-Za-z0-9._-]+$' }),
  password: Type.String({ minLength: 8, maxLength: 128 }),
})
export const registered = Type.Object({ player_id: Type.String() })
export const loggedIn = Type.Object({
  player_id: Type.String(),
  token: Type.String(),
  signing_key: Type.String(),
  expires_in_s: Type.Integer(),
  /** Serves once, within twelve hours: for a new token, key and refresh token. */
  refresh_token: Type.String(),
})
export const refreshRequest = Type.Object({ refresh_token: Type.String({ minLength: 32, maxLength: 128 }) })
export const loggedOut = Type.Object({ logged_out: Type.Literal(true) })
export const openSession = Type.Object({ game_id: Type.String({ maxLength: 64 }) })
export const sessionOpened = Type.Object({ session_id: Type.String(), game_id: Type.String() })
export const depositRequest = Type.Object({ amount_minor: amountMinor })
export const moneyMoved = Type.Object({
  transfer_id: Type.String(),
  balance_minor: balanceMinor,
  /** Version of the player's account after this transfer: 1, 2, 3 … without gaps. */
  version: Type.Integer(),
})
export const spinRequest = Type.Object({
  session_id: Type.String({ maxLength: 64 }),
  stake_minor: amountMinor,
  client_seed: Type.String({ minLength: 1, maxLength: 64 }),
})
export const spinResult = Type.Object({
  round_id: Type.String(),
  status: Type.Literal('completed'),
  stops: Type.Array(Type.Integer()),
  stake_minor: amountMinor,
  win_minor: balanceMinor,
  balance_minor: balanceMinor,
  version: Type.Integer(),
})
export const balance = Type.Object({ balance_minor: balanceMinor, version: Type.Integer() })
export const roundSummary = Type.Object({
  round_id: Type.String(),
  game_id: Type.String(),
  stake_minor: amountMinor,
  win_minor: balanceMinor,
})
/** From the read model: it lags behind the balance by the time that an event takes. Newest first. */
export const history = Type.Object({ rounds: Type.Array(roundSummary) })
export const gameSummary = Type.Object({
  game_id: Type.String(),
  title: Type.String(),
  version: Type.Integer(),
  return_to_player: Type.Number(),
})
export const games = Type.Object({ games: Type.Array(gameSummary) })
export const playerParameter = Type.Object({
  player_id: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9-]+$' }),
})
/** Suspended: no login goes on or begins; money stays, and rounds that are open end. */
export const playerAccess = Type.Object({ player_id: Type.String(), suspended: Type.Boolean() })
export const auditPageMost = 500
/** Entries behind `after` (0: from the first), `limit` of them, 100 when it is not said. */
export const auditQuery = Type.Object({
  after: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' })),
  limit: Type.Optional(Type.String({ pattern: '^([1-9]|[1-9][0-9]|[1-4][0-9][0-9]|500)$' })),
})
/** `head`: the newest entry there is. Who keeps it can tell later whether anything before it was changed. */
export const auditPage = Type.Object({ entries: Type.Array(auditEntry), head: auditHead })

export const problem = Type.Object({ code: Type.String(), message: Type.String() })

/** What the load generator and the documents iterate over: name → method, path, status of success. */
export const publicRoutes = {
  register: { method: 'POST', path: '/v1/players', status: 201, signed: false },
  login: { method: 'POST', path: '/v1/login', status: 200, signed: false },
  refresh: { method: 'POST', path: '/v1/login/refresh', status: 200, signed: false },
  logout: { method: 'POST', path: '/v1/logout', status: 200, signed: true },
  games: { method: 'GET', path: '/v1/games', status: 200, signed: false },
  open_session: { method: 'POST', path: '/v1/sessions', status: 201, signed: true },
  deposit: { method: 'POST', path: '/v1/deposits', status: 200, signed: true },
  spin: { method: 'POST', path: '/v1/spins', status: 200, signed: true },
  balance: { method: 'GET', path: '/v1/balance', status: 200, signed: true },
  history: { method: 'GET', path: '/v1/history', status: 200, signed: true },
  suspend: { method: 'POST', path: '/v1/operator/players/:player_id/suspend', status: 200, signed: true },
  reinstate: { method: 'POST', path: '/v1/operator/players/:player_id/reinstate', status: 200, signed: true },
  audit: { method: 'GET', path: '/v1/audit', status: 200, signed: true },
} as const

export type OperationKind = keyof typeof publicRoutes
/** Who may send what is signed: players alone, where nothing else is said. */
export const admittedRoles: Partial<Record<OperationKind, readonly Role[]>> = {
  logout: roles,
  suspend: ['operator'],
  reinstate: ['operator'],
  audit: ['auditor'],
}
export type Credentials = Static<typeof credentials>
export type LoggedIn = Static<typeof loggedIn>
export type MoneyMoved = Static<typeof moneyMoved>
export type SpinRequest = Static<typeof spinRequest>
export type SpinResult = Static<typeof spinResult>
export type History = Static<typeof history>
export type AuditPage = Static<typeof auditPage>
