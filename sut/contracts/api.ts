import { Type, type Static } from 'typebox'
import { auditEntry, auditHead } from './audit.ts'
import { accountShown, holdStatus } from './holds.ts'
import { amountMinor, balanceMinor, signedMinor } from './money.ts'
import { roles, type Role } from './roles.ts'

// The public API, all under /v1, JSON. Money-moving requests carry the header `idempotency-key`.
// Requests with a token are signed: x-slot-timestamp (ms since the epoch), x-slot-nonce (16–64 characters), and
// x-slot-signature = hex(HMAC-SHA256(signing_key, METHOD \n path-with-query \n hex(SHA-256(body)) \n timestamp \n nonce \n key \n region)),
// where key is the header idempotency-key, empty where there is none, and region is the one whose gateway is asked: each answer names it in
// the header x-slot-region.
export const idempotencyHeader = 'idempotency-key'
/** Of every answer. */
export const regionHeader = 'x-slot-region'
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
  /** What the outcome was drawn with, beside the client seed. */
  server_seed_hash: Type.String(),
  nonce: Type.Integer({ minimum: 0 }),
})
export const balance = Type.Object({
  balance_minor: balanceMinor,
  /** Set aside for payouts that are asked for; the rest is available. Both absent while a wallet of before holds answers. */
  held_minor: Type.Optional(balanceMinor),
  available_minor: Type.Optional(balanceMinor),
  version: Type.Integer(),
})
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
// Provably fair: docs/guides/verify-a-round.md.
export const activeSeed = Type.Object({
  /** hex(SHA-256(server seed)): every round is drawn with this seed until it ends. */
  server_seed_hash: Type.String(),
  /** Of the next round: 0, 1, 2 … without gaps. */
  next_nonce: Type.Integer({ minimum: 0 }),
  /** Of the seed that follows, promised now because the active one may end by itself. */
  next_server_seed_hash: Type.String(),
})
export const seedRotated = Type.Object({
  revealed: Type.Object({
    server_seed: Type.String(),
    server_seed_hash: Type.String(),
    rounds: Type.Integer({ minimum: 0 }),
  }),
  next: activeSeed,
})
export const roundParams = Type.Object({
  round_id: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9-]+$' }),
})
export const roundProof = Type.Object({
  round_id: Type.String(),
  status: Type.Enum(['completed', 'cancelled']),
  game_id: Type.String(),
  game_version: Type.Integer(),
  reels: Type.Array(Type.Array(Type.Integer())),
  pays: Type.Record(Type.String(), Type.Integer()),
  stake_minor: amountMinor,
  /** What was paid: 0 for a cancelled round, whose stake was given back. */
  win_minor: balanceMinor,
  /** Absent for a cancelled round. */
  stops: Type.Optional(Type.Array(Type.Integer())),
  server_seed_hash: Type.String(),
  client_seed: Type.String(),
  nonce: Type.Integer({ minimum: 0 }),
  /** Absent until it is revealed. */
  server_seed: Type.Optional(Type.String()),
})

// Responsible play. A day is a calendar day in UTC.
export const withdrawalRequest = Type.Object({ amount_minor: amountMinor })
/** Most that a player may lose in a day: stakes less wins. Null: as much as he has. */
const dailyLossMax = Type.Union([balanceMinor, Type.Null()])
const atMs = Type.Integer({ minimum: 0 })
export const limitsRequest = Type.Object({ daily_loss_max_minor: dailyLossMax })
export const limitsShown = Type.Object({
  daily_loss_max_minor: dailyLossMax,
  /** A higher limit, or none, that was asked for and counts from then on. */
  pending: Type.Union([Type.Object({ daily_loss_max_minor: dailyLossMax, effective_at_ms: atMs }), Type.Null()]),
  /** What counts against the limit of today: below zero after more wins than stakes. */
  lost_today_minor: signedMinor,
  excluded_until_ms: Type.Union([atMs, Type.Null()]),
})
export const exclusionRequest = Type.Object({ days: Type.Integer({ minimum: 1, maximum: 1825 }) })
export const playerExcluded = Type.Object({ excluded_until_ms: atMs })
/** Path parameters of what is done with one session. */
export const ofSession = Type.Object({
  session_id: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9-]+$' }),
})
const playShown = { session_id: Type.String(), played_ms: atMs, next_check_at_ms: atMs }
export const realityAcknowledged = Type.Object(playShown)
export const realityShown = Type.Object({
  ...playShown,
  /** Wins less stakes of this session; null when the rounds cannot be asked now. */
  net_result_minor: Type.Union([signedMinor, Type.Null()]),
})

// A withdrawal in two steps: what is asked for is on hold until it is confirmed, cancelled, or its time is over.
const ofPayout = { payout_id: Type.String(), amount_minor: amountMinor }
export const payoutParams = Type.Object({
  payout_id: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9-]+$' }),
})
export const payoutAsked = Type.Object({ ...ofPayout, expires_at_ms: atMs, ...accountShown.properties })
export const payoutConfirmed = Type.Object({ ...ofPayout, ...moneyMoved.properties })
export const payoutCancelled = Type.Object({ ...ofPayout, cancelled: Type.Literal(true) })
export const payoutShown = Type.Object({
  ...ofPayout,
  /** captured: confirmed; released: cancelled. */
  status: holdStatus,
  expires_at_ms: atMs,
  /** Of the withdrawal, when it was confirmed. */
  transfer_id: Type.Union([Type.String(), Type.Null()]),
})

// Operators and auditors.
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

/** What the load generator and the documents iterate over: name → method, path (with `{parameter}`s), status of success. */
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
  seed: { method: 'GET', path: '/v1/seed', status: 200, signed: true },
  rotate_seed: { method: 'POST', path: '/v1/seed/rotate', status: 200, signed: true },
  proof: { method: 'GET', path: '/v1/rounds/{round_id}/proof', status: 200, signed: true },
  withdraw: { method: 'POST', path: '/v1/withdrawals', status: 200, signed: true },
  ask_payout: { method: 'POST', path: '/v1/payouts', status: 201, signed: true },
  payout: { method: 'GET', path: '/v1/payouts/{payout_id}', status: 200, signed: true },
  confirm_payout: { method: 'POST', path: '/v1/payouts/{payout_id}/confirm', status: 200, signed: true },
  cancel_payout: { method: 'POST', path: '/v1/payouts/{payout_id}/cancel', status: 200, signed: true },
  limits: { method: 'GET', path: '/v1/limits', status: 200, signed: true },
  set_limits: { method: 'POST', path: '/v1/limits', status: 200, signed: true },
  self_exclude: { method: 'POST', path: '/v1/self-exclusion', status: 200, signed: true },
  reality_check: { method: 'POST', path: '/v1/sessions/{session_id}/reality-check', status: 200, signed: true },
  suspend: { method: 'POST', path: '/v1/operator/players/{player_id}/suspend', status: 200, signed: true },
  reinstate: { method: 'POST', path: '/v1/operator/players/{player_id}/reinstate', status: 200, signed: true },
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
export type PlayerAccess = Static<typeof playerAccess>
export type History = Static<typeof history>
export type ActiveSeed = Static<typeof activeSeed>
export type SeedRotated = Static<typeof seedRotated>
export type RoundProof = Static<typeof roundProof>
export type PayoutAsked = Static<typeof payoutAsked>
export type PayoutConfirmed = Static<typeof payoutConfirmed>
export type PayoutShown = Static<typeof payoutShown>
export type LimitsShown = Static<typeof limitsShown>
export type AuditPage = Static<typeof auditPage>
