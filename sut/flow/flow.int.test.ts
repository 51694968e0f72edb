import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import type {
  ActiveSeed,
  AuditPage,
  History,
  LoggedIn,
  MoneyMoved,
  RoundProof,
  SeedRotated,
  SpinResult,
} from '#sut/contracts/api.ts'
import { firstAuditBreak } from '#sut/contracts/audit.ts'
import { services, type ServiceName } from '#sut/contracts/descriptor.ts'
import { drawStops, seedHash, winOf } from '#sut/contracts/fairness.ts'
import type { StateLine } from '#sut/contracts/state.ts'
import { playerClient } from './player.ts'
import { startTestSystem, type TestSystem } from './system.ts'

let system: TestSystem
type Client = ReturnType<typeof playerClient>
let player: Client
beforeAll(async () => {
  system = await startTestSystem()
  player = playerClient(system.url)
})
afterAll(async () => {
  await player.close()
  await system[Symbol.asyncDispose]()
})

test('a player registers, deposits, spins, is paid, and reads it back; the books agree', async () => {
  const credentials = { name: 'ada', password: 'correct horse' }
  expect((await player.send('register', credentials)).status).toBe(201)
  const { player_id } = await player.logIn(credentials.name, credentials.password)
  const games = await player.send<{ games: { game_id: string }[] }>('games')
  expect(games.body.games.length).toBeGreaterThanOrEqual(3)
  const { game_id } = games.body.games[0]!
  const opened = await player.send<{ session_id: string }>('open_session', { game_id })
  expect(opened.status).toBe(201)

  const deposit = await player.send<MoneyMoved>('deposit', { amount_minor: 10_000 }, 'deposit-1')
  expect(deposit).toMatchObject({ status: 200, body: { balance_minor: 10_000, version: 1 } })
  expect((await player.send('deposit', { amount_minor: 10_000 }, 'deposit-1')).body).toEqual(deposit.body)

  const stake = { session_id: opened.body.session_id, stake_minor: 100, client_seed: 'seed' }
  let won = 0
  for (let spin = 0; spin < 20; spin++) {
    const result = await player.send<SpinResult>('spin', stake, `spin-number-${spin}`)
    expect(result).toMatchObject({ status: 200, body: { status: 'completed', stake_minor: 100 } })
    won += result.body.win_minor
    expect(result.body.balance_minor).toBe(10_000 - 100 * (spin + 1) + won)
  }
  const again = await player.send<SpinResult>('spin', stake, 'spin-number-0')
  const balance = await player.send<MoneyMoved>('balance')
  expect(balance.body.balance_minor).toBe(10_000 - 2000 + won)

  await waitFor(async () => (await player.send<History>('history')).body.rounds.length === 20, {
    what: 'twenty rounds in the history',
    limit_ms: 15_000,
    every_ms: 200,
  })
  const shown = await player.send<History>('history')
  expect(shown.body.rounds.map(({ round_id }) => round_id)).toContain(again.body.round_id)

  await settled()
  const model = (await dump('analytics')).find((line) => line.kind === 'player_model' && line.player_id === player_id)
  expect(model).toMatchObject({ balance_minor: balance.body.balance_minor, staked_minor: 2000, won_minor: won })
  const published = (await dump('wallet')).filter((line) => line.kind === 'outbox')
  const logged = new Set((await dump('telemetry')).map((line) => line.kind === 'log' && line.event.id))
  expect(published.every((line) => line.published && logged.has(line.event_id))).toBe(true)
})

test('what was promised before the spins is what they were drawn with: anyone can derive them again', async () => {
  const someone = playerClient(system.url)
  await someone.send('register', { name: 'emmy', password: 'correct horse' })
  await someone.logIn('emmy', 'correct horse')
  const { games } = (await someone.send<{ games: { game_id: string }[] }>('games')).body
  const { session_id } = (await someone.send<{ session_id: string }>('open_session', games[0])).body
  await someone.send('deposit', { amount_minor: 10_000 }, 'deposit-1')

  const promise = (await someone.send<ActiveSeed>('seed')).body
  expect(promise).toMatchObject({ next_nonce: 0 })
  const spun: SpinResult[] = []
  for (let nonce = 0; nonce < 10; nonce++) {
    const stake = { session_id, stake_minor: 100, client_seed: `my choice ${nonce}` }
    const { body } = await someone.send<SpinResult>('spin', stake, `spin-number-${nonce}`)
    expect(body).toMatchObject({ nonce, server_seed_hash: promise.server_seed_hash })
    expect((await someone.send('spin', stake, `spin-number-${nonce}`)).body).toEqual(body)
    spun.push(body)
  }
  const proof = async (round_id: string) => someone.send<RoundProof>('proof', undefined, undefined, { round_id })
  expect((await proof(spun[0]!.round_id)).body).not.toHaveProperty('server_seed')
  expect((await someone.send<ActiveSeed>('seed')).body).toEqual({ ...promise, next_nonce: 10 })

  const rotated = (await someone.send<SeedRotated>('rotate_seed')).body
  const { server_seed, rounds } = rotated.revealed
  expect(seedHash(server_seed)).toBe(promise.server_seed_hash)
  expect(rounds).toBe(10)
  expect(rotated.next).toMatchObject({ server_seed_hash: promise.next_server_seed_hash, next_nonce: 0 })
  expect((await someone.send('rotate_seed')).body).toEqual(rotated)
  for (const [nonce, { round_id, stops, win_minor }] of spun.entries()) {
    const { body } = await proof(round_id)
    expect(body).toMatchObject({ server_seed, nonce, client_seed: `my choice ${nonce}`, stops, win_minor })
    expect(drawStops(server_seed, body.client_seed, nonce, body.reels)).toEqual(stops)
    expect(winOf(stops, BigInt(body.stake_minor), body)).toBe(BigInt(win_minor))
  }

  const stranger = await player.send('proof', undefined, undefined, { round_id: spun[0]!.round_id })
  expect(stranger).toMatchObject({ status: 404, body: { code: 'not_found' } })
  await someone.close()
})

test('a login goes on by its refresh token, and ends with a logout', async () => {
  const someone = playerClient(system.url)
  const credentials = { name: 'grace', password: 'correct horse' }
  await someone.send('register', credentials)
  const { refresh_token } = await someone.logIn(credentials.name, credentials.password)
  const refreshed = await someone.send<LoggedIn>('refresh', { refresh_token })
  expect(refreshed.status).toBe(200)
  expect((await someone.send('balance')).status).toBe(200)
  expect(await someone.send('logout')).toMatchObject({ status: 200, body: { logged_out: true } })
  await waitFor(async () => (await someone.send('balance')).status === 401, {
    what: 'the end of the login at the gateway',
    limit_ms: 5_000,
    every_ms: 200,
  })
  const { refresh_token: newest } = refreshed.body
  expect(await someone.send('refresh', { refresh_token: newest })).toMatchObject({ status: 401 })
  await someone.close()
})

test('an operator suspends a player and lets them back; the auditor reads all of it', async () => {
  const credentials = { name: 'hedy', password: 'correct horse' }
  const [someone, operator, auditor] = [1, 2, 3].map(() => playerClient(system.url)) as [Client, Client, Client]
  await someone.send('register', credentials)
  const { player_id } = await someone.logIn(credentials.name, credentials.password)
  const deposit = await someone.send<MoneyMoved>('deposit', { amount_minor: 700 }, 'deposit-hedy')
  expect(deposit.status).toBe(200)
  const { player_id: operator_id } = await operator.logIn('operator', system.staff.operator)
  expect(await operator.sendTo('suspend', { player_id })).toEqual({ status: 200, body: { player_id, suspended: true } })
  await waitFor(async () => (await someone.send('balance')).status === 401, {
    what: 'the end of the login at the gateway',
    limit_ms: 5_000,
    every_ms: 200,
  })
  expect(await someone.send('login', credentials)).toMatchObject({ status: 403, body: { code: 'account_suspended' } })
  expect(await operator.sendTo('suspend', { player_id: 'nobody' })).toMatchObject({ status: 404 })
  expect(await operator.sendTo('reinstate', { player_id })).toMatchObject({ status: 200, body: { suspended: false } })
  await someone.logIn(credentials.name, credentials.password)
  expect(await someone.send<MoneyMoved>('balance')).toMatchObject({ status: 200, body: { balance_minor: 700 } })

  await settled()
  await auditor.logIn('auditor', system.staff.auditor)
  const first = await auditor.sendTo<AuditPage>('audit', {}, '?after=0&limit=2')
  const rest = await auditor.sendTo<AuditPage>('audit', {}, '?after=2&limit=500')
  expect([first.status, rest.status]).toEqual([200, 200])
  const entries = [...first.body.entries, ...rest.body.entries]
  expect(first.body.entries).toHaveLength(2)
  expect(firstAuditBreak(entries)).toBeNull()
  expect(rest.body.head).toMatchObject({ sequence: entries.length, hash: entries.at(-1)!.hash })
  const told = entries.filter(({ subject }) => subject === player_id).map(({ kind }) => kind)
  expect(told.toSorted()).toEqual([
    'identity.logged_in',
    'identity.logged_in',
    'identity.logged_out',
    'player.reinstated',
    'player.suspended',
    'wallet.transferred',
  ])
  const action = entries.find(({ kind }) => kind === 'player.suspended')
  expect(action?.details).toEqual({ operator_id })
  expect(entries.map(({ details }) => details['transfer_id'])).toContain(deposit.body.transfer_id)
  expect(await auditor.sendTo('audit', {}, '?limit=501')).toMatchObject({ status: 400 })
  for (const client of [someone, operator, auditor]) await client.close()
})

test('what the door refuses', async () => {
  const stranger = playerClient(system.url)
  expect(await stranger.send('balance')).toMatchObject({ status: 401 })
  expect(await stranger.send('login', { name: 'ada', password: 'wrong horse' })).toMatchObject({ status: 401 })
  expect(await stranger.send('register', { name: 'x', password: '1' })).toMatchObject({ status: 400 })
  await stranger.close()
})

async function settled(): Promise<void> {
  for (const service of services)
    await waitFor(
      async () => {
        const { pending } = JSON.parse(await system.ask(service, '/state')) as { pending: Record<string, number> }
        return Object.values(pending).every((count) => count === 0)
      },
      { what: `${service} to settle`, limit_ms: 15_000, every_ms: 200 },
    )
}

async function dump(service: ServiceName): Promise<StateLine[]> {
  const text = await system.ask(service, '/dump')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as StateLine)
}
