import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import type {
  LimitsShown,
  MoneyMoved,
  PayoutAsked,
  PayoutConfirmed,
  PayoutShown,
  SpinResult,
} from '#sut/contracts/api.ts'
import type { StateLine } from '#sut/contracts/state.ts'
import { playerClient } from './player.ts'
import { startTestSystem, type TestSystem } from './system.ts'

let system: TestSystem
beforeAll(async () => {
  system = await startTestSystem()
})
afterAll(() => system[Symbol.asyncDispose]())

type Refused = { code: string }

/** A player with a session and this much money. */
async function someone(amount_minor: number) {
  const player = playerClient(system.url)
  const name = newId()
  await player.send('register', { name, password: 'correct horse' })
  const { player_id } = await player.logIn(name, 'correct horse')
  const { games } = (await player.send<{ games: { game_id: string }[] }>('games')).body
  const { game_id } = games[0]!
  const { session_id } = (await player.send<{ session_id: string }>('open_session', { game_id })).body
  await player.send('deposit', { amount_minor }, 'the-first-deposit')
  const spin = (stake_minor: number) =>
    player.send<SpinResult & Refused>('spin', { session_id, stake_minor, client_seed: 'seed' }, newId())
  return { player, player_id, game_id, session_id, spin, [Symbol.asyncDispose]: () => player.close() }
}

async function logged(player_id: string): Promise<string[]> {
  const lines = (await system.ask('telemetry', '/dump')).split('\n').filter((line) => line !== '')
  return lines
    .map((line) => JSON.parse(line) as StateLine)
    .flatMap((line) => (line.kind === 'log' && line.event.player_id === player_id ? [line.event.type] : []))
}

test('a withdrawal takes money out, once a key, and never more than there is', async () => {
  await using someOne = await someone(10_000)
  const { player } = someOne
  const first = await player.send<MoneyMoved>('withdraw', { amount_minor: 4_000 }, 'withdrawal-1')
  expect(first).toMatchObject({ status: 200, body: { balance_minor: 6_000, version: 2 } })
  expect(await player.send('withdraw', { amount_minor: 4_000 }, 'withdrawal-1')).toEqual(first)
  expect(await player.send('withdraw', { amount_minor: 4_001 }, 'withdrawal-1')).toMatchObject({
    status: 409,
    body: { code: 'idempotency_conflict' },
  })
  const tooMuch = { status: 402, body: { code: 'insufficient_funds' } }
  expect(await player.send('withdraw', { amount_minor: 6_001 }, 'withdrawal-2')).toMatchObject(tooMuch)
  // Nothing is kept of a refusal: the key serves when the money is there.
  await player.send('deposit', { amount_minor: 1 }, 'one-more-unit')
  expect(await player.send('withdraw', { amount_minor: 6_001 }, 'withdrawal-2')).toMatchObject({ status: 200 })
  expect((await player.send<MoneyMoved>('balance')).body.balance_minor).toBe(0)
})

test('a payout is asked for and confirmed or cancelled; until then its money is nobody else’s, and it is the player’s own', async () => {
  await using someOne = await someone(10_000)
  await using stranger = await someone(10_000)
  const { player, player_id, spin } = someOne
  const ask = (amount_minor: number, key: string) => player.send<PayoutAsked>('ask_payout', { amount_minor }, key)
  const end = (kind: 'confirm_payout' | 'cancel_payout' | 'payout', payout_id: string, by = player) =>
    by.send<PayoutConfirmed & PayoutShown & Refused>(kind, undefined, undefined, { payout_id })
  const first = await ask(9_950, 'payout-number-1')
  expect(first).toMatchObject({
    status: 201,
    body: { balance_minor: 10_000, held_minor: 9_950, available_minor: 50, version: 1 },
  })
  expect(await ask(9_950, 'payout-number-1')).toEqual(first)
  expect(await ask(9_951, 'payout-number-1')).toMatchObject({ status: 409, body: { code: 'idempotency_conflict' } })
  const { payout_id, expires_at_ms } = first.body
  expect((await end('payout', payout_id)).body).toEqual({
    payout_id,
    amount_minor: 9_950,
    status: 'open',
    expires_at_ms,
    transfer_id: null,
  })

  const tooMuch = { status: 402, body: { code: 'insufficient_funds' } }
  expect(await spin(100)).toMatchObject(tooMuch)
  expect(await player.send('withdraw', { amount_minor: 51 }, 'withdrawal-51')).toMatchObject(tooMuch)
  expect(await ask(51, 'payout-number-2')).toMatchObject(tooMuch)
  for (const kind of ['confirm_payout', 'cancel_payout', 'payout'] as const)
    expect(await end(kind, payout_id, stranger.player)).toMatchObject({ status: 404, body: { code: 'not_found' } })

  const confirmed = await end('confirm_payout', payout_id)
  expect(confirmed).toMatchObject({
    status: 200,
    body: { payout_id, amount_minor: 9_950, balance_minor: 50, version: 2 },
  })
  expect(await end('confirm_payout', payout_id)).toEqual(confirmed)
  expect(await end('cancel_payout', payout_id)).toMatchObject({ status: 409, body: { code: 'hold_captured' } })
  const { transfer_id } = confirmed.body
  expect((await end('payout', payout_id)).body).toMatchObject({ status: 'captured', transfer_id })

  const second = (await ask(50, 'payout-number-3')).body
  expect(await end('cancel_payout', second.payout_id)).toMatchObject({ status: 200, body: { cancelled: true } })
  expect(await end('confirm_payout', second.payout_id)).toMatchObject({ status: 409, body: { code: 'hold_released' } })
  const balance = { balance_minor: 50, held_minor: 0, available_minor: 50, version: 2 }
  expect((await player.send('balance')).body).toEqual(balance)
  await waitFor(async () => (await logged(player_id)).filter((type) => type.startsWith('wallet.hold_')).length === 4, {
    what: 'what became of both payouts in the log',
    limit_ms: 15_000,
    every_ms: 200,
  })
})

test('a loss limit ends the play of the day, and wins give back; a higher one waits', async () => {
  await using someOne = await someone(1_000_000)
  const { player, player_id, session_id, spin } = someOne
  await spin(100)
  expect((await player.send<LimitsShown>('limits')).body).toEqual({
    daily_loss_max_minor: null,
    pending: null,
    lost_today_minor: 0,
    excluded_until_ms: null,
  })
  const set = (daily_loss_max_minor: number | null) => player.send<LimitsShown>('set_limits', { daily_loss_max_minor })
  expect(await set(1_000)).toMatchObject({ status: 200, body: { daily_loss_max_minor: 1_000, pending: null } })
  expect((await set(null)).body).toMatchObject({
    daily_loss_max_minor: 1_000,
    pending: { daily_loss_max_minor: null },
  })
  let net_minor = 0
  let last
  for (let count = 0; count < 500; count++) {
    last = await spin(200)
    if (last.status !== 200) break
    net_minor += last.body.stake_minor - last.body.win_minor
    // What was won comes back with its event; until then more counts as lost, never less.
    expect(net_minor).toBeLessThanOrEqual(1_000)
  }
  expect(last).toMatchObject({ status: 422, body: { code: 'loss_limit_reached' } })
  await waitFor(async () => (await player.send<LimitsShown>('limits')).body.lost_today_minor === net_minor, {
    what: 'the ends of all rounds to be counted',
    limit_ms: 15_000,
    every_ms: 200,
  })
  const shown = await player.send<{ net_result_minor: number }>('reality_check', undefined, undefined, { session_id })
  const balance_minor = (await player.send<MoneyMoved>('balance')).body.balance_minor
  expect(shown).toMatchObject({ status: 200, body: { session_id, net_result_minor: balance_minor - 1_000_000 } })
  await waitFor(async () => (await logged(player_id)).filter((type) => type === 'limit.changed').length === 2, {
    what: 'both changes in the log',
    limit_ms: 15_000,
    every_ms: 200,
  })
})

test('a player who excludes himself plays and pays in no more, and gets his money', async () => {
  await using someOne = await someone(5_000)
  const { player, player_id, game_id, spin } = someOne
  expect((await spin(100)).status).toBe(200)
  const excluded = await player.send<{ excluded_until_ms: number }>('self_exclude', { days: 30 })
  expect(excluded.status).toBe(200)
  expect((await player.send('self_exclude', { days: 1 })).body).toEqual(excluded.body)
  const refused = { status: 403, body: { code: 'self_excluded' } }
  expect(await spin(100)).toMatchObject(refused)
  expect(await player.send('open_session', { game_id })).toMatchObject(refused)
  expect(await player.send('deposit', { amount_minor: 1 }, 'the-next-deposit')).toMatchObject(refused)
  expect(await player.send('deposit', { amount_minor: 5_000 }, 'the-first-deposit')).toMatchObject({
    status: 200,
    body: { balance_minor: 5_000, version: 1 },
  })
  const { balance_minor } = (await player.send<MoneyMoved>('balance')).body
  expect(await player.send('withdraw', { amount_minor: balance_minor }, 'all-that-is-left')).toMatchObject({
    status: 200,
    body: { balance_minor: 0 },
  })
  await waitFor(async () => (await logged(player_id)).includes('player.excluded'), {
    what: 'the exclusion in the log',
    limit_ms: 15_000,
    every_ms: 200,
  })
})
