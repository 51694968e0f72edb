import { Type, type Static } from 'typebox'
import * as api from './api.ts'
import { amountMinor, balanceMinor, signedMinor } from './money.ts'

// Calls between services: HTTP/2 with mutual TLS, JSON. Each names the callers that its server admits.
// `idempotent`: the caller's platform may retry it by itself.
export const transferKinds = ['deposit', 'withdrawal', 'bet', 'win', 'rollback'] as const
export const transferKind = Type.Enum(transferKinds)

export const transferRequest = Type.Object({
  /** Same key, same answer; same key with other parameters: idempotency_conflict. */
  key: Type.String({ minLength: 1, maxLength: 160 }),
  kind: transferKind,
  player_id: Type.String(),
  /** For a rollback the amount of the bet it undoes. */
  amount_minor: amountMinor,
  /** bet, win, rollback: the round; a rollback undoes that round's bet, known or not (tombstone). */
  round_id: Type.Optional(Type.String()),
  game_id: Type.Optional(Type.String()),
})
export const transferAnswer = Type.Object({
  transfer_id: Type.String(),
  balance_minor: balanceMinor,
  version: Type.Integer(),
  replayed: Type.Boolean(),
})
export const roundRequest = Type.Object({
  key: Type.String(),
  player_id: Type.String(),
  session_id: Type.String(),
  stake_minor: amountMinor,
  client_seed: Type.String(),
})
export const sessionRequest = Type.Object({ player_id: Type.String(), game_id: Type.String() })
export const stakeCheck = Type.Object({ player_id: Type.String(), stake_minor: amountMinor })
export const stakeAllowed = Type.Object({
  game_id: Type.String(),
  /** The player has a loss limit: the stake is to be reserved before it is bet. */
  reserve: Type.Boolean(),
})
/** Reel strips of symbol numbers; a line pays `stake × pays[symbol]` when all reels show that symbol on the centre row. */
export const gameDefinition = Type.Object({
  game_id: Type.String(),
  title: Type.String(),
  version: Type.Integer(),
  return_to_player: Type.Number(),
  reels: Type.Array(Type.Array(Type.Integer())),
  pays: Type.Record(Type.String(), Type.Integer()),
})
export const player = Type.Object({ player_id: Type.String() })
export const identifier = Type.Object({ id: Type.String() })
export const jsonWebKeys = Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) })
export const login = Type.Object({
  player_id: Type.String(),
  token: Type.String(),
  expires_in_s: Type.Integer(),
  refresh_token: Type.String(),
})
/** Identifiers (jti) of tokens that have not expired and are valid no more. */
export const revokedTokens = Type.Object({ jtis: Type.Array(Type.String()) })
export const tokenIdentifier = Type.Object({ jti: Type.String() })

// Responsible play.
export const stakeReservation = Type.Object({
  player_id: Type.String(),
  round_id: Type.String(),
  stake_minor: amountMinor,
})
export const stakeReserved = Type.Object({ reserved: Type.Boolean() })
export const depositAdmitted = Type.Object({ admitted: Type.Literal(true) })
export const sessionResult = Type.Object({ net_result_minor: signedMinor })
export const byOperator = Type.Object({ operator_id: Type.String() })

export const calls = {
  'identity.register': {
    method: 'POST',
    path: '/players',
    callers: ['gateway'],
    body: api.credentials,
    answer: api.registered,
    idempotent: false,
  },
  'identity.login': {
    method: 'POST',
    path: '/login',
    callers: ['gateway'],
    body: api.credentials,
    answer: login,
    idempotent: true,
  },
  'identity.refresh': {
    method: 'POST',
    path: '/refresh',
    callers: ['gateway'],
    body: api.refreshRequest,
    answer: login,
    // A second time it would be taken for a thief's.
    idempotent: false,
  },
  'identity.logout': {
    method: 'POST',
    path: '/logout',
    callers: ['gateway'],
    body: tokenIdentifier,
    answer: api.loggedOut,
    idempotent: true,
  },
  'identity.revoked': {
    method: 'GET',
    path: '/revoked',
    callers: ['gateway'],
    answer: revokedTokens,
    idempotent: true,
  },
  'identity.suspend': {
    method: 'POST',
    path: '/players/:id/suspend',
    callers: ['gateway'],
    body: byOperator,
    answer: api.playerAccess,
    idempotent: true,
  },
  'identity.reinstate': {
    method: 'POST',
    path: '/players/:id/reinstate',
    callers: ['gateway'],
    body: byOperator,
    answer: api.playerAccess,
    idempotent: true,
  },
  'telemetry.audit': { method: 'GET', path: '/audit', callers: ['gateway'], answer: api.auditPage, idempotent: true },
  'identity.keys': { method: 'GET', path: '/keys', callers: ['gateway'], answer: jsonWebKeys, idempotent: true },
  'session.open': {
    method: 'POST',
    path: '/sessions',
    callers: ['gateway'],
    body: sessionRequest,
    answer: api.sessionOpened,
    idempotent: false,
  },
  'session.check': {
    method: 'POST',
    path: '/sessions/:id/check',
    callers: ['game'],
    body: stakeCheck,
    answer: stakeAllowed,
    idempotent: true,
  },
  'game.spin': {
    method: 'POST',
    path: '/rounds',
    callers: ['gateway'],
    body: roundRequest,
    answer: api.spinResult,
    idempotent: true,
  },
  'game.seed': {
    method: 'GET',
    path: '/players/:id/seed',
    callers: ['gateway'],
    answer: api.activeSeed,
    idempotent: true,
  },
  'game.rotate': {
    method: 'POST',
    path: '/seeds/rotate',
    callers: ['gateway'],
    body: player,
    answer: api.seedRotated,
    // Until the next round is opened; after that a seed more would end, and none be lost.
    idempotent: true,
  },
  'game.proof': {
    method: 'GET',
    path: '/players/:id/rounds/:round/proof',
    callers: ['gateway'],
    answer: api.roundProof,
    idempotent: true,
  },
  'catalog.version': {
    method: 'GET',
    path: '/games/:id/versions/:version',
    callers: ['game'],
    answer: gameDefinition,
    idempotent: true,
  },
  'wallet.transfer': {
    method: 'POST',
    path: '/transfers',
    callers: ['gateway', 'game'],
    body: transferRequest,
    answer: transferAnswer,
    idempotent: true,
  },
  'wallet.balance': {
    method: 'GET',
    path: '/accounts/:id',
    callers: ['gateway'],
    answer: api.balance,
    idempotent: true,
  },
  'catalog.games': { method: 'GET', path: '/games', callers: ['gateway'], answer: api.games, idempotent: true },
  'catalog.game': {
    method: 'GET',
    path: '/games/:id',
    callers: ['game', 'session'],
    answer: gameDefinition,
    idempotent: true,
  },
  'analytics.history': {
    method: 'GET',
    path: '/players/:id/history',
    callers: ['gateway'],
    answer: api.history,
    idempotent: true,
  },
  'session.reserve': {
    method: 'POST',
    path: '/reservations',
    callers: ['game'],
    body: stakeReservation,
    answer: stakeReserved,
    // By round: a stake is reserved once.
    idempotent: true,
  },
  'session.acknowledge': {
    method: 'POST',
    path: '/sessions/:id/reality-check',
    callers: ['gateway'],
    body: player,
    answer: api.realityAcknowledged,
    idempotent: true,
  },
  'session.limits': {
    method: 'GET',
    path: '/players/:id/limits',
    callers: ['gateway'],
    answer: api.limitsShown,
    idempotent: true,
  },
  'session.set_limits': {
    method: 'POST',
    path: '/players/:id/limits',
    callers: ['gateway'],
    body: api.limitsRequest,
    answer: api.limitsShown,
    idempotent: true,
  },
  'session.exclude': {
    method: 'POST',
    path: '/players/:id/exclusion',
    callers: ['gateway'],
    body: api.exclusionRequest,
    answer: api.playerExcluded,
    // A second time it ends a moment later: never earlier.
    idempotent: true,
  },
  'session.admit_deposit': {
    method: 'GET',
    path: '/players/:id/deposits',
    callers: ['gateway'],
    answer: depositAdmitted,
    idempotent: true,
  },
  'game.session_result': {
    method: 'GET',
    path: '/players/:id/sessions/:session',
    callers: ['gateway'],
    answer: sessionResult,
    idempotent: true,
  },
  'wallet.replay': {
    method: 'POST',
    path: '/replays',
    callers: ['gateway'],
    body: transferRequest,
    answer: transferAnswer,
    idempotent: true,
  },
} as const

export type CallName = keyof typeof calls
export const serviceOf = (name: CallName): string => name.slice(0, name.indexOf('.'))
export type Login = Static<typeof login>
export type TransferKind = (typeof transferKinds)[number]
export type TransferRequest = Static<typeof transferRequest>
export type TransferAnswer = Static<typeof transferAnswer>
export type RoundRequest = Static<typeof roundRequest>
export type StakeReservation = Static<typeof stakeReservation>
export type GameDefinition = Static<typeof gameDefinition>
