import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import type { History, MoneyMoved, SpinResult } from '#sut/contracts/api.ts'
import { services } from '#sut/contracts/descriptor.ts'
import type { StateLine } from '#sut/contracts/state.ts'
import { playerClient } from './player.ts'
import { startTestSystem, type TestSystem } from './system.ts'

// All services in one process, over real stores: what a player and the harness see must be what they see of services.

let system: TestSystem
let player: ReturnType<typeof playerClient>
beforeAll(async () => {
  system = await startTestSystem('monolith')
  player = playerClient(system.url)
})
afterAll(async () => {
  await player.close()
  await system[Symbol.asyncDispose]()
})

test('a player is served, money moves once, and the books agree', async () => {
  const credentials = { name: 'ada', password: 'correct horse' }
  expect((await player.send('register', credentials)).status).toBe(201)
  const { player_id } = await player.logIn(credentials.name, credentials.password)
  const games = await player.send<{ games: { game_id: string }[] }>('games')
  const opened = await player.send<{ session_id: string }>('open_session', { game_id: games.body.games[0]!.game_id })
  expect(opened.status).toBe(201)
  const deposit = await player.send<MoneyMoved>('deposit', { amount_minor: 10_000 }, 'deposit-1')
  expect(deposit).toMatchObject({ status: 200, body: { balance_minor: 10_000, version: 1 } })
  expect((await player.send('deposit', { amount_minor: 10_000 }, 'deposit-1')).body).toEqual(deposit.body)
  expect(await player.send('deposit', { amount_minor: 5 }, 'deposit-1')).toMatchObject({ status: 409 })

  const stake = { session_id: opened.body.session_id, stake_minor: 100, client_seed: 'seed' }
  let balance_minor = 10_000
  for (let spin = 0; spin < 10; spin++) {
    const result = await player.send<SpinResult>('spin', stake, `spin-number-${spin}`)
    expect(result).toMatchObject({ status: 200, body: { status: 'completed' } })
    balance_minor += result.body.win_minor - 100
    expect(result.body.balance_minor).toBe(balance_minor)
  }
  await player.send('spin', stake, 'spin-number-0')
  expect(await player.send('balance')).toMatchObject({ body: { balance_minor } })
  const history = async (): Promise<boolean> => (await player.send<History>('history')).body.rounds.length === 10
  await waitFor(history, { what: 'the history of ten rounds', limit_ms: 15_000 })
  const told = (await system.ask('wallet', '/dump')).split('\n').filter((line) => line !== '')
  const accounts = told.map((line) => JSON.parse(line) as StateLine).filter(({ kind }) => kind === 'account')
  expect(accounts).toContainEqual(expect.objectContaining({ account: `player:${player_id}`, balance_minor }))
})

test('a spin of more money than there is gets the problem of the wallet', async () => {
  const games = await player.send<{ games: { game_id: string }[] }>('games')
  const opened = await player.send<{ session_id: string }>('open_session', { game_id: games.body.games[0]!.game_id })
  await player.send(
    'withdraw',
    { amount_minor: (await player.send<MoneyMoved>('balance')).body.balance_minor },
    'withdraw-all',
  )
  const stake = { session_id: opened.body.session_id, stake_minor: 100, client_seed: 'seed' }
  expect(await player.send('spin', stake, 'spin-without-money')).toMatchObject({
    status: 402,
    body: { code: 'insufficient_funds' },
  })
})

test('the gateway alone has a door; every service has metrics and readiness of its own', async () => {
  for (const service of services) {
    expect(JSON.parse(await system.ask(service, '/readyz')), service).toEqual({})
    expect(await system.ask(service, '/metrics'), service).toContain(`service="${service}"`)
    const { port, platform } = system.services.get(service)!
    expect(port > 0, service).toBe(service === 'gateway')
    if (service !== 'gateway') expect(() => platform.http, service).toThrow('has no door')
  }
  const game = await system.ask('game', '/metrics')
  expect(game).toMatch(/call_duration_seconds_count\{.*call="wallet.transfer",code="ok"\} [1-9]/)
  expect(await system.ask('wallet', '/metrics')).toMatch(
    /http_request_duration_seconds_count\{.*route="\/transfers",code="200"\} [1-9]/,
  )
})
