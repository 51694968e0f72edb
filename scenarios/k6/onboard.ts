import type { Journey } from '../journeys/journey.ts'
import { learn, newAccount, type Account } from './account.ts'
import { clientOf, plain, type Context } from './client.ts'
import { draws, pick } from './draw.ts'
import type { Result } from './operation.ts'

// What is done before the first arrival, and after the last one.

/** Registers a player, logs in, opens a session and deposits. Throws an error that names the operation that did not work. */
export async function onboard(number: number, game_id: string, journey: Journey, context: Context): Promise<Account> {
  const account = await bringIn(number, '', game_id, journey, context)
  return journey.victim === true
    ? { ...account, victim: await bringIn(number, 'v', game_id, journey, context) }
    : account
}

async function bringIn(
  number: number,
  suffix: string,
  game_id: string,
  journey: Journey,
  context: Context,
): Promise<Account> {
  const { seed, tools } = context
  const name = `p${number}${suffix}-${tools.run_id}`
  const account = newAccount(number, name, `secret-${seed}-${number}${suffix}`, game_id)
  const client = clientOf(account, journey, context)
  const { honest } = journey
  const id = (step: string): string => `p${number}${suffix}-${step}`
  const secret = { name, password: account.password }
  const send = (kind: 'register' | 'login') =>
    patiently(id(kind), (step) => client.run(plain(step, kind, honest, { name }, secret)), context)
  const registered = await send('register')
  // A retry after a lost answer finds its own name taken: that is no reason to stop.
  if (registered.outcome === 'ok') account.player_id = String(registered.body['player_id'])
  else if (registered.code !== 'name_taken') throw refusal(name, 'register', registered)

  if ((await send('login')).outcome !== 'ok') throw new Error(`${name} could not log in`)
  const opened = await client.openSession(id('session'))
  if (opened.outcome !== 'ok') throw refusal(name, 'open_session', opened)
  learn(account, 'open_session', opened)
  const amount_minor = journey.first_deposit_minor
  const deposited = await client.run(plain(id('deposit'), 'deposit', honest, { amount_minor }, { amount_minor }))
  if (deposited.outcome !== 'ok') throw refusal(name, 'deposit', deposited)
  learn(account, 'deposit', deposited)
  return account
}

const patience_ms = 60_000

/**
 * The system bounds how many come in from one address, and one that has just started is slow: who is refused for that, or gets no answer,
 * tries again each second.
 */
async function patiently(id: string, run: (id: string) => Promise<Result>, { tools }: Context): Promise<Result> {
  const until_ms = tools.now_ms() + patience_ms
  let result = await run(id)
  for (let again = 1; isWorthAnother(result) && tools.now_ms() < until_ms; again++) {
    await tools.delay(1_000)
    result = await run(`${id}-${again}`)
  }
  return result
}

const isWorthAnother = ({ outcome, code }: Result): boolean => outcome === 'info' || code === 'too_many_requests'

/**
 * Ends the seed of a player, so that it is revealed and anybody can derive his rounds. The login is the one of the beginning; where
 * that has ended, a new one. What does not work is in the record: those rounds cannot be derived.
 */
export async function reveal(account: Account, journey: Journey, context: Context): Promise<void> {
  const client = clientOf({ ...account, credentials: { ...account.credentials, refresh_token: '' } }, journey, context)
  const id = `${account.name.split('-')[0]}-rotate`
  const first = await client.run(plain(id, 'rotate_seed', false, {}))
  const again = first.outcome === 'fail' && ['token_revoked', 'unauthenticated'].includes(first.code)
  if (again && (await client.logIn(`${id}-login`))) await client.run(plain(`${id}-again`, 'rotate_seed', false, {}))
}

/** The games that the system offers. Throws when it does not say. */
export async function askGames(journey: Journey, context: Context): Promise<string[]> {
  const client = clientOf(newAccount(0, 'nobody', '', ''), journey, context)
  const result = await client.run(plain('games', 'games', true, {}))
  const games = result.body['games']
  if (result.outcome !== 'ok' || !Array.isArray(games)) throw refusal('nobody', 'games', result)
  return games.map((game: { game_id: string }) => game.game_id)
}

export const gameFor = (number: number, games: readonly string[], seed: string): string =>
  pick(draws(seed, `game-${number}`), games)

const refusal = (name: string, kind: string, { outcome, code }: Result): Error =>
  new Error(`${name}: ${kind} ended as ${outcome} (${code})`)
