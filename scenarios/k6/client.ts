import type { Action, Credentials, Journey } from '../journeys/journey.ts'
import { credentialsIn, type Account } from './account.ts'
import { draws, type Draw } from './draw.ts'
import { perform, type Caller, type Operation, type Result, type Tools } from './operation.ts'
import type { Gateway } from './settings.ts'

/** What all clients of one load have in common. */
export interface Context {
  seed: string
  gateways: readonly Gateway[]
  operator: { name: string; password: string } | undefined
  tools: Tools
}

/** One account at one device: it keeps to a region until that does not answer. */
export interface Client {
  readonly account: Account
  gateway(through: 'home' | 'other'): Gateway
  run(operation: Operation, more?: { draw?: Draw; with?: Credentials | undefined }): Promise<Result>
  caller(operation_id: string, credentials?: Credentials): Caller
  /** With the refresh token, or else the password. False when there is no new token to be had. */
  logIn(id: string): Promise<boolean>
  openSession(id: string): Promise<Result>
}

/** A token is renewed when this share of its life is over. */
const renewAt_share = 0.9

export function clientOf(
  account: Account,
  { name, honest }: Pick<Journey, 'name' | 'honest'>,
  context: Context,
): Client {
  const { gateways, seed, tools } = context
  const home = account.number % gateways.length
  let asked = home
  let away_until_ms = 0
  const caller: Client['caller'] = (operation_id, credentials) => ({
    actor: name,
    names_login: name !== 'player',
    get player_id() {
      return account.player_id
    },
    get credentials() {
      return credentials ?? account.credentials
    },
    gateway() {
      if (asked !== home && tools.now_ms() >= away_until_ms) asked = home
      return gateways[asked]!
    },
    moveOn(from) {
      asked = (gateways.indexOf(from) + 1) % gateways.length
      away_until_ms = tools.now_ms() + tools.policy.away_ms
    },
    // Who asks with a login that he has chosen wants to know of that one.
    logIn: () => (credentials === undefined ? client.logIn(`${operation_id}-login`) : Promise.resolve(false)),
  })
  const adopt = (id: string, asked_ms: number, { outcome, body }: Result): boolean => {
    if (outcome !== 'ok') return false
    account.player_id = String(body['player_id'])
    account.credentials = credentialsIn(body, id)
    account.renew_at_ms = asked_ms + Number(body['expires_in_s']) * 1000 * renewAt_share
    return true
  }
  const client: Client = {
    account,
    caller,
    gateway: (through) =>
      gateways[(gateways.indexOf(caller('').gateway()) + (through === 'other' ? 1 : 0)) % gateways.length]!,
    run: async (operation, { draw = draws(seed, operation.id), with: credentials } = {}) => {
      const asked_ms = tools.now_ms()
      const result = await perform(operation, caller(operation.id, credentials), draw, tools)
      if (operation.kind === 'login' || operation.kind === 'refresh') adopt(operation.id, asked_ms, result)
      return result
    },
    async logIn(id) {
      const { refresh_token } = account.credentials
      if (refresh_token !== '') {
        const refreshed = await client.run(plain(`${id}-refresh`, 'refresh', honest, {}, { refresh_token }))
        if (refreshed.outcome === 'ok') return true
      }
      const { name: of, password } = account
      const { outcome } = await client.run(plain(id, 'login', honest, { name: of }, { name: of, password }))
      return outcome === 'ok'
    },
    openSession(id) {
      const value = { game_id: account.game_id }
      return client.run(plain(id, 'open_session', honest, value, value))
    },
  }
  return client
}

/** An operation that nobody attacks with, and that no arrival stands for. */
export const plain = (
  id: string,
  kind: Operation['kind'],
  counted: boolean,
  value: Record<string, unknown>,
  body?: Record<string, unknown>,
): Operation => ({ id, kind, value, body: body === undefined ? '' : JSON.stringify(body), duplicate: false, counted })

/** What an action asks for: as the history shows it, and as it is sent. */
export function askedBy(
  action: Action,
  account: Account,
  credentials: Credentials,
): Pick<Operation, 'kind' | 'value' | 'body'> {
  const { kind } = action
  const sent = (value: Record<string, unknown>) => ({ kind, value, body: JSON.stringify(value) })
  switch (action.kind) {
    case 'spin': {
      const { session_id = account.session_id, stake_minor, client_seed } = action
      return sent({ session_id, stake_minor, client_seed })
    }
    case 'deposit':
    case 'withdraw':
    case 'ask_payout':
      return sent({ amount_minor: action.amount_minor })
    case 'set_limits':
      return sent({ daily_loss_max_minor: action.daily_loss_max_minor })
    case 'self_exclude':
      return sent({ days: action.days })
    case 'open_session':
      return sent({ game_id: account.game_id })
    case 'login': {
      const { password } = account
      const { name = account.name } = action
      const body = JSON.stringify({ name, password: action.password === 'wrong' ? `${password}-not` : password })
      return { kind, value: { name }, body }
    }
    case 'register': {
      const { name, password } = account
      return { kind, value: { name }, body: JSON.stringify({ name, password: `${password}-not` }) }
    }
    case 'refresh': {
      const { refresh_token } = credentials
      return { kind, value: {}, body: JSON.stringify({ refresh_token }) }
    }
    case 'reality_check':
      return { kind, value: { session_id: action.session_id ?? account.session_id }, body: '' }
    default: {
      const { kind: _, ...value } = action
      return { kind, value, body: '' }
    }
  }
}
