import type { TObject, TSchema } from 'typebox'
import * as api from '#sut/contracts/api.ts'
import type { Login } from '#sut/contracts/bodies.ts'
import type { Call } from '#sut/platform/platform.ts'
import { careOperations, depositAdmitted, type Money, paymentOf } from './care-operations.ts'
import { identifierOf } from './holders.ts'
import { payoutOperations } from './payout-operations.ts'
import type { RateScope } from './rates.ts'
import { signingKeyOf } from './signature.ts'

/** A public request after admission and validation. */
export interface PublicRequest<Body> {
  body: Body
  /** Of the path and of the query; empty where there is none. */
  params: Readonly<Record<string, string>>
  query: Readonly<Record<string, string>>
  /** Empty where the route is not signed. */
  player_id: string
  /** Of the token; empty where the route is not signed. */
  jti: string
  /** Of the connection that it came on. */
  address: string
  /** Empty where the route moves no money. */
  idempotency_key: string
  /** On the monotonic clock. */
  deadline_ms: number
}

export interface Operation {
  body?: TSchema
  /** Of the {parameters} in its path, and of the query. */
  params?: TObject
  query?: TObject
  answer: TSchema
  moves_money: boolean
  /** A rate of its own, beside that of all requests of a player. */
  rate?: RateScope
  /** Hashes a password, which costs as much as dozens of other requests: it has places and a rate of its own. */
  costly?: true
  handle(request: PublicRequest<never>): Promise<unknown>
}

/** What each public route does: which service it asks, and with what. */
export function operations(call: Call, signing_master: string): Record<api.OperationKind, Operation> {
  const withKey = (login: Login): api.LoggedIn => ({
    ...login,
    signing_key: signingKeyOf(signing_master, identifierOf(login.token)),
  })
  return {
    register: {
      body: api.credentials,
      answer: api.registered,
      moves_money: false,
      costly: true,
      handle: ({ body: { name, password }, address, deadline_ms }: PublicRequest<api.Credentials>) =>
        call('identity.register', { body: { name, password, address }, deadline_ms }),
    },
    login: {
      body: api.credentials,
      answer: api.loggedIn,
      moves_money: false,
      costly: true,
      handle: async ({ body: { name, password }, address, deadline_ms }: PublicRequest<api.Credentials>) =>
        withKey(await call('identity.login', { body: { name, password, address }, deadline_ms })),
    },
    refresh: {
      body: api.refreshRequest,
      answer: api.loggedIn,
      moves_money: false,
      handle: async ({ body, deadline_ms }: PublicRequest<{ refresh_token: string }>) =>
        withKey(await call('identity.refresh', { body, deadline_ms })),
    },
    logout: {
      answer: api.loggedOut,
      moves_money: false,
      handle: ({ jti, deadline_ms }) => call('identity.logout', { body: { jti }, deadline_ms }),
    },
    games: {
      answer: api.games,
      moves_money: false,
      handle: ({ deadline_ms }) => call('catalog.games', { deadline_ms }),
    },
    open_session: {
      body: api.openSession,
      answer: api.sessionOpened,
      moves_money: false,
      handle: ({ body, player_id, deadline_ms }: PublicRequest<{ game_id: string }>) =>
        call('session.open', { body: { player_id, game_id: body.game_id }, deadline_ms }),
    },
    deposit: {
      body: api.depositRequest,
      answer: api.moneyMoved,
      moves_money: true,
      handle: (request: Money) => depositAdmitted(call, paymentOf('deposit', request), request.deadline_ms),
    },
    spin: {
      body: api.spinRequest,
      answer: api.spinResult,
      moves_money: true,
      rate: 'spins',
      handle: ({ body, player_id, idempotency_key, deadline_ms }: PublicRequest<api.SpinRequest>) => {
        const { session_id, stake_minor, client_seed } = body
        const round = { key: idempotency_key, player_id, session_id, stake_minor, client_seed }
        return call('game.spin', { body: round, deadline_ms })
      },
    },
    ...reads(call),
    ...fairnessOperations(call),
    ...careOperations(call),
    ...payoutOperations(call),
    ...staffOperations(call),
  }
}

const reads = (call: Call): Record<'balance' | 'history', Operation> => ({
  balance: {
    answer: api.balance,
    moves_money: false,
    handle: ({ player_id, deadline_ms }) => call('wallet.balance', { params: { id: player_id }, deadline_ms }),
  },
  history: {
    answer: api.history,
    moves_money: false,
    handle: ({ player_id, deadline_ms }) => call('analytics.history', { params: { id: player_id }, deadline_ms }),
  },
})

const fairnessOperations = (call: Call) =>
  ({
    seed: {
      answer: api.activeSeed,
      moves_money: false,
      handle: ({ player_id, deadline_ms }) => call('game.seed', { params: { id: player_id }, deadline_ms }),
    },
    rotate_seed: {
      answer: api.seedRotated,
      moves_money: false,
      handle: ({ player_id, deadline_ms }) => call('game.rotate', { body: { player_id }, deadline_ms }),
    },
    proof: {
      params: api.roundParams,
      answer: api.roundProof,
      moves_money: false,
      handle: ({ params, player_id, deadline_ms }) =>
        call('game.proof', { params: { id: player_id, round: params['round_id']! }, deadline_ms }),
    },
  }) satisfies Partial<Record<api.OperationKind, Operation>>

const staffOperations = (call: Call): Record<'suspend' | 'reinstate' | 'audit', Operation> => ({
  suspend: operatorAction(call, 'identity.suspend'),
  reinstate: operatorAction(call, 'identity.reinstate'),
  audit: {
    query: api.auditQuery,
    answer: api.auditPage,
    moves_money: false,
    handle: ({ query, deadline_ms }) => call('telemetry.audit', { query: { ...query }, deadline_ms }),
  },
})

/** The holder of the token is the operator. */
const operatorAction = (call: Call, name: 'identity.suspend' | 'identity.reinstate'): Operation => ({
  params: api.playerParameter,
  answer: api.playerAccess,
  moves_money: false,
  handle: ({ player_id: operator_id, params, deadline_ms }) =>
    call(name, { params: { id: params['player_id']! }, body: { operator_id }, deadline_ms }),
})
