import type { Action, Journey } from '../journeys/journey.ts'
import { draws, pick, type Draw } from './draw.ts'
import { abandon, perform, type Caller, type Operation, type Result, type Tools } from './operation.ts'
import { routes, type Kind } from './routes.ts'
import type { Gateway } from './settings.ts'

/** What setup knows of a player and each VU takes over. Plain data: k6 copies it as JSON. */
export interface Account {
  number: number
  name: string
  player_id: string
  token: string
  signing_key: string
  renew_at_ms: number
  game_id: string
  session_id: string
  balance_minor: number | null
  held_minor: number
  payout_id: string
}

export interface Player {
  readonly account: Account
  /** One arrival: one operation; around it a new session or token when the old one is over. */
  arrive(iteration: number): Promise<void>
}

export interface Context {
  seed: string
  journey: Journey
  gateways: readonly Gateway[]
  tools: Tools
}

/** A token is renewed when this share of its life is over. */
const renewAt_share = 0.9
const renewAgain_ms = 5_000

export function playerOf(account: Account, context: Context): Player {
  const { journey, seed, tools } = context
  const client = clientOf(account, context)
  return {
    account,
    async arrive(iteration) {
      const draw = draws(seed, iteration)
      const action = journey.next(draw, account)
      let obstacle = ''
      if (action.kind === 'spin' && account.session_id === '') {
        const opened = await client.openSession(`i${iteration}-session`)
        if (opened.outcome !== 'ok') obstacle = opened.code
      }
      const duplicate = routes[action.kind].money && draw() < journey.duplicate_share
      const operation: Operation = { id: `i${iteration}`, iteration, ...requestOf(action, account), duplicate }
      // The player pressed the button, so the spin counts, though there is no session to send it with.
      const result = obstacle === '' ? await client.run(operation, draw) : client.abandon(operation, obstacle)
      learn(account, action.kind, result)
      if (tools.now_ms() < account.renew_at_ms) return
      // Behind the player's back; when it does not work, the old token serves until it is refused.
      if (!(await client.logIn(`i${iteration}-renew`))) account.renew_at_ms = tools.now_ms() + renewAgain_ms
    },
  }
}

/** Registers a player, logs in, opens a session and deposits. Throws an error that names the operation that did not work. */
export async function onboard(number: number, game_id: string, context: Context): Promise<Account> {
  const { journey, tools } = context
  const name = `p${number}-${tools.run_id}`
  const account: Account = {
    number,
    name,
    player_id: name, // until the system has given it one
    token: '',
    signing_key: '',
    renew_at_ms: 0,
    game_id,
    session_id: '',
    balance_minor: 0,
    held_minor: 0,
    payout_id: '',
  }
  const client = clientOf(account, context)
  const id = (step: string): string => `p${number}-${step}`
  const secret = credentials(account, context.seed)
  const registered = await client.run(plain(id('register'), 'register', { name }, secret))
  // A retry after a lost answer finds its own name taken: that is no reason to stop.
  if (registered.outcome === 'ok') account.player_id = String(registered.body['player_id'])
  else if (registered.code !== 'name_taken') throw refusal(name, 'register', registered)

  if (!(await client.logIn(id('login')))) throw new Error(`${name} could not log in`)
  const opened = await client.openSession(id('session'))
  if (opened.outcome !== 'ok') throw refusal(name, 'open_session', opened)
  const amount_minor = journey.first_deposit_minor
  const deposited = await client.run(plain(id('deposit'), 'deposit', { amount_minor }, { amount_minor }))
  if (deposited.outcome !== 'ok') throw refusal(name, 'deposit', deposited)
  learn(account, 'deposit', deposited)
  return account
}

/** The games that the system offers. Throws when it does not say. */
export async function askGames(context: Context): Promise<string[]> {
  const client = clientOf({ number: 0, player_id: 'nobody' } as Account, context)
  const result = await client.run(plain('games', 'games', {}))
  const games = result.body['games']
  if (result.outcome !== 'ok' || !Array.isArray(games)) throw refusal('nobody', 'games', result)
  return games.map((game: { game_id: string }) => game.game_id)
}

export const gameFor = (number: number, games: readonly string[], seed: string): string =>
  pick(draws(seed, `game-${number}`), games)

interface Client {
  run(operation: Operation, draw?: Draw): Promise<Result>
  abandon(operation: Operation, code: string): Result
  logIn(id: string): Promise<boolean>
  openSession(id: string): Promise<Result>
}

function clientOf(account: Account, { gateways, seed, tools }: Context): Client {
  const home = account.number % gateways.length
  let asked = home
  let away_until_ms = 0
  const caller = (operation_id: string): Caller => ({
    get player_id() {
      return account.player_id
    },
    get token() {
      return account.token
    },
    get signing_key() {
      return account.signing_key
    },
    gateway() {
      if (asked !== home && tools.now_ms() >= away_until_ms) asked = home
      return gateways[asked]!
    },
    moveOn(from) {
      asked = (gateways.indexOf(from) + 1) % gateways.length
      away_until_ms = tools.now_ms() + tools.policy.away_ms
    },
    logIn: () => client.logIn(`${operation_id}-login`),
  })
  const client: Client = {
    run: (operation, draw = draws(seed, operation.id)) => perform(operation, caller(operation.id), draw, tools),
    abandon: (operation, code) => abandon(operation, caller(operation.id), code, tools),
    async logIn(id) {
      const asked_ms = tools.now_ms()
      const result = await client.run(plain(id, 'login', { name: account.name }, credentials(account, seed)))
      if (result.outcome !== 'ok') return false
      account.player_id = String(result.body['player_id'])
      account.token = String(result.body['token'])
      account.signing_key = String(result.body['signing_key'])
      account.renew_at_ms = asked_ms + Number(result.body['expires_in_s']) * 1000 * renewAt_share
      return true
    },
    async openSession(id) {
      const value = { game_id: account.game_id }
      const result = await client.run(plain(id, 'open_session', value, value))
      if (result.outcome === 'ok') account.session_id = String(result.body['session_id'])
      return result
    },
  }
  return client
}

function requestOf(action: Action, account: Account): Pick<Operation, 'kind' | 'value' | 'body'> {
  if (action.kind === 'spin') {
    const { stake_minor, client_seed } = action
    const value = { session_id: account.session_id, stake_minor, client_seed }
    return { kind: 'spin', value, body: JSON.stringify(value) }
  }
  if (action.kind === 'deposit' || action.kind === 'ask_payout') {
    const value = { amount_minor: action.amount_minor }
    return { kind: action.kind, value, body: JSON.stringify(value) }
  }
  if ('payout_id' in action) return { kind: action.kind, value: { payout_id: action.payout_id }, body: '' }
  return { kind: action.kind, value: {}, body: '' }
}

/** Refusals after which a player opens a new session. */
const sessionIsOver = new Set(['session_ended', 'not_found', 'reality_check_due'])

/** What the player knows after an answer; of what has an unknown end, nothing. */
function learn(account: Account, kind: Kind, { outcome, code, body }: Result): void {
  if (typeof body['balance_minor'] === 'number') account.balance_minor = body['balance_minor']
  else if (outcome === 'info' && movesBalance.has(kind)) account.balance_minor = null
  else if (code === 'insufficient_funds') account.balance_minor = account.held_minor
  if (typeof body['held_minor'] === 'number') account.held_minor = body['held_minor']
  else if (outcome === 'ok' && endsPayout.has(kind)) account.held_minor = 0
  if (outcome === 'ok' && kind === 'ask_payout') account.payout_id = String(body['payout_id'])
  // One that has not ended is asked for again; not one that may have.
  else if (endsPayout.has(kind) && (outcome !== 'fail' || payoutIsOver.has(code))) account.payout_id = ''
  if (kind === 'spin' && sessionIsOver.has(code)) account.session_id = ''
}

const movesBalance: ReadonlySet<Kind> = new Set(['spin', 'deposit', 'confirm_payout'])
const endsPayout: ReadonlySet<Kind> = new Set(['confirm_payout', 'cancel_payout'])
const payoutIsOver = new Set(['hold_captured', 'hold_released', 'hold_expired', 'not_found'])

function plain(id: string, kind: Kind, value: Record<string, unknown>, body?: Record<string, unknown>): Operation {
  return { id, kind, value, body: body === undefined ? '' : JSON.stringify(body), duplicate: false }
}

const credentials = ({ name, number }: Account, seed: string): { name: string; password: string } => ({
  name,
  password: `secret-${seed}-${number}`,
})

const refusal = (name: string, kind: Kind, { outcome, code }: Result): Error =>
  new Error(`${name}: ${kind} ended as ${outcome} (${code})`)
