import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId, random } from '#lib/random.ts'
import type { SpinResult } from '#sut/contracts/api.ts'
import { drawStops, seedHash } from '#sut/contracts/fairness.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { StateOf } from '#sut/contracts/state.ts'
import { forgetful } from '#sut/designs/bugs/idempotency-off.ts'
import { swappedSeed } from '#sut/designs/bugs/seed-swapped.ts'
import { dumpGame } from './dump.ts'
import { resolveOnce } from './resolver.ts'
import { finish } from './rounds.ts'
import { isShown } from './seed-store.ts'
import { spin } from './spin.ts'
import { gameThat, seal, spinOf, startGame, type GameFixture, type Trouble, type World } from './testing/fixture.ts'

let fixture: GameFixture
beforeAll(async () => {
  fixture = await startGame()
})
afterAll(() => fixture[Symbol.asyncDispose]())

const deadline_ms = Infinity
const refusal = (code: string): unknown => expect.objectContaining({ code })
const killed = new Error('killed')

async function roundsOf(player_id: string): Promise<StateOf<'round'>[]> {
  const lines = await Array.fromAsync(dumpGame(fixture.database, { seal, isShown }))
  return lines.filter((line) => line.kind === 'round').filter((round) => round.player_id === player_id)
}

/** Every round of the player is final, the money fits its end, and its one event is in the outbox. */
async function expectEnded(world: World, player_id: string, deposited: number): Promise<StateOf<'round'>[]> {
  const rounds = await roundsOf(player_id)
  const lines = await Array.fromAsync(dumpGame(fixture.database, { seal, isShown }))
  const events = lines.filter((line) => line.kind === 'outbox').map(({ event_id }) => event_id)
  let balance = deposited
  for (const round of rounds) {
    expect(['completed', 'cancelled']).toContain(round.status)
    expect(events.filter((event_id) => event_id === `round:${round.round_id}`)).toHaveLength(1)
    if (round.status === 'completed') balance += round.win_minor! - round.stake_minor
  }
  expect(world.wallet.balance(player_id)).toBe(balance)
  return rounds
}

describe('a spin', () => {
  test('that wins takes the stake, pays, and tells the last balance; the same key gets the same answer', async () => {
    const world = fixture.world(gameThat('wins'))
    const request = spinOf(newId())
    world.wallet.deposit(request.player_id, 100)
    const answer = await spin(request, world.parts, deadline_ms)
    expect(answer).toMatchObject({
      status: 'completed',
      stops: [0, 0, 0],
      win_minor: 30,
      balance_minor: 120,
      version: 2,
    })
    expect(world.steps).toEqual(['session.check', 'open', 'bet', 'to paying', 'win', 'to completed'])
    expect(await spin(request, world.parts, deadline_ms)).toEqual(answer)
    await expectEnded(world, request.player_id, 100)
  })

  test('that loses needs two writes, and its seeds lead to its outcome', async () => {
    const world = fixture.world(gameThat('loses'))
    const request = spinOf(newId())
    world.wallet.deposit(request.player_id, 100)
    expect(await spin(request, world.parts, deadline_ms)).toMatchObject({ win_minor: 0, balance_minor: 90, version: 1 })
    expect(world.steps).toEqual(['session.check', 'open', 'bet', 'to completed'])
    const [round] = await expectEnded(world, request.player_id, 100)
    const { server_seed } = (await world.seeds.current(request.player_id))!.active
    expect(round!.server_seed_hash).toBe(seedHash(server_seed))
    expect(round!.stops).toEqual(drawStops(server_seed, round!.client_seed, round!.nonce, gameThat('loses').reels))
  })

  test('with a known key and another stake is a conflict', async () => {
    const world = fixture.world(gameThat('loses'))
    const request = spinOf(newId())
    world.wallet.deposit(request.player_id, 100)
    await spin(request, world.parts, deadline_ms)
    await expect(spin({ ...request, stake_minor: 11 }, world.parts, deadline_ms)).rejects.toEqual(
      refusal('idempotency_conflict'),
    )
  })

  test('that the player cannot pay is refused for good, even if money comes later', async () => {
    const world = fixture.world(gameThat('wins'))
    const request = spinOf(newId())
    await expect(spin(request, world.parts, deadline_ms)).rejects.toEqual(refusal('insufficient_funds'))
    world.wallet.deposit(request.player_id, 100)
    await expect(spin(request, world.parts, deadline_ms)).rejects.toEqual(refusal('insufficient_funds'))
    await world.resolve()
    const [round] = await expectEnded(world, request.player_id, 100)
    expect(round).toMatchObject({ status: 'cancelled', stops: null, win_minor: null })
  })

  test('that was begun is finished although its session has ended', async () => {
    const world = fixture.world(gameThat('wins'))
    const request = spinOf(newId())
    world.wallet.deposit(request.player_id, 100)
    const ended: Trouble = { when: 'before', error: new Problem('session_ended', 'over') }
    world.trouble = (step) => (step === 'session.check' ? ended : undefined)
    await expect(spin(request, world.parts, deadline_ms)).rejects.toEqual(refusal('session_ended'))
    world.trouble = (step) => (step === 'win' ? { when: 'after', error: killed } : undefined)
    await expect(spin(request, world.parts, deadline_ms)).rejects.toBe(killed)
    world.trouble = (step) => (step === 'session.check' ? ended : undefined)
    expect(await spin(request, world.parts, deadline_ms)).toMatchObject({ win_minor: 30, balance_minor: 120 })
  })
})

describe('a spin of a player with a loss limit', () => {
  const refused: Trouble = { when: 'before', error: new Problem('loss_limit_reached', 'enough for today') }
  const start = (outcome: 'wins' | 'loses') => {
    const world = fixture.world(gameThat(outcome))
    world.limited = true
    const request = spinOf(newId())
    world.wallet.deposit(request.player_id, 100)
    return { world, request }
  }

  test('reserves the stake of the stored round before the bet, and once it stands never again', async () => {
    const { world, request } = start('wins')
    await spin(request, world.parts, deadline_ms)
    const path = ['session.check', 'open', 'session.reserve', 'bet', 'to paying', 'win', 'to completed']
    expect(world.steps).toEqual(path)
    await spin(request, world.parts, deadline_ms)
    expect(world.steps.slice(path.length)).toEqual(['session.check'])
    const [round] = await expectEnded(world, request.player_id, 100)
    expect(world.reserved).toEqual([round!.round_id])
  })

  test.each(['wins', 'loses'] as const)('that is refused is cancelled without a bet (it %s)', async (outcome) => {
    const { world, request } = start(outcome)
    world.trouble = (step) => (step === 'session.reserve' ? refused : undefined)
    await expect(spin(request, world.parts, deadline_ms)).rejects.toEqual(refusal('loss_limit_reached'))
    world.trouble = () => undefined
    await expect(spin(request, world.parts, deadline_ms)).rejects.toEqual(refusal('loss_limit_reached'))
    await world.resolve()
    const [round] = await expectEnded(world, request.player_id, 100)
    expect(round).toMatchObject({ status: 'cancelled', stops: null, win_minor: null })
    expect(world.wallet.keysOf(round!.round_id)).toEqual([])
    expect(world.steps).not.toContain('bet')
  })

  test('places no bet while nobody answers for the limit; the resolver ends the round', async () => {
    const { world, request } = start('wins')
    const away: Trouble = { when: 'before', error: new Problem('unavailable', 'away') }
    world.trouble = (step) => (step === 'session.reserve' ? away : undefined)
    await expect(spin(request, world.parts, deadline_ms)).rejects.toEqual(refusal('unavailable'))
    expect(world.steps).not.toContain('bet')
    await world.resolve()
    expect(await expectEnded(world, request.player_id, 100)).toMatchObject([{ status: 'cancelled' }])
  })

  test('that was begun reserves too when its check is refused afterwards', async () => {
    const { world, request } = start('loses')
    const away: Trouble = { when: 'before', error: new Problem('unavailable', 'away') }
    world.trouble = (step) => (step === 'session.reserve' ? away : undefined)
    await expect(spin(request, world.parts, deadline_ms)).rejects.toEqual(refusal('unavailable'))
    const excluded: Trouble = { when: 'before', error: new Problem('self_excluded', 'over') }
    world.trouble = (step) => (step.startsWith('session.') ? excluded : undefined)
    await expect(spin(request, world.parts, deadline_ms)).rejects.toEqual(refusal('self_excluded'))
    expect(world.steps).not.toContain('bet')
    await world.resolve()
    expect(await expectEnded(world, request.player_id, 100)).toMatchObject([{ status: 'cancelled' }])
  })
})

describe.each(['session_ended', 'self_excluded', 'loss_limit_reached', 'reality_check_due'] as const)(
  'a player whose session says %s from now on',
  (code) => {
    /** The spin is killed there; after that session refuses everything. */
    const killedAt = async (world: World, player_id: string, killing: string, when: 'before' | 'after') => {
      world.limited = true
      world.wallet.deposit(player_id, 100)
      world.trouble = (step) => (step === killing ? { when, error: killed } : undefined)
      const request = spinOf(player_id)
      await expect(spin(request, world.parts, deadline_ms)).rejects.toBe(killed)
      const over: Trouble = { when: 'before', error: new Problem(code, 'over') }
      world.trouble = (step) => (step.startsWith('session.') ? over : undefined)
      return request
    }
    const settleNow = (world: World) => resolveOnce(world.parts, { batch: 50, lease_ms: 0 })

    test('is paid what he won before, by a retry or by the resolver', async () => {
      for (const end of ['retry', 'resolver'] as const) {
        const world = fixture.world(gameThat('wins'))
        const player_id = newId()
        const request = await killedAt(world, player_id, 'win', 'before')
        if (end === 'retry') expect(await spin(request, world.parts, deadline_ms)).toMatchObject({ win_minor: 30 })
        else expect(await settleNow(world)).toEqual({ claimed: 1, failed: [] })
        expect(world.wallet.balance(player_id)).toBe(120)
        await expectEnded(world, player_id, 100)
      }
    })

    test('gets back the stake of a round that does not end', async () => {
      const world = fixture.world(gameThat('loses'))
      const player_id = newId()
      await killedAt(world, player_id, 'bet', 'after')
      expect(world.wallet.balance(player_id)).toBe(90)
      expect(await settleNow(world)).toEqual({ claimed: 1, failed: [] })
      expect(world.wallet.balance(player_id)).toBe(100)
      expect(await expectEnded(world, player_id, 100)).toMatchObject([{ status: 'cancelled' }])
    })
  },
)

test('the result of a session is what its standing rounds won less their stakes, of its player alone', async () => {
  const winning = fixture.world(gameThat('wins'))
  const losing = fixture.world(gameThat('loses'))
  const player_id = newId()
  for (const { wallet } of [winning, losing]) wallet.deposit(player_id, 100)
  await spin(spinOf(player_id), winning.parts, deadline_ms)
  for (let times = 0; times < 3; times++) await spin(spinOf(player_id), losing.parts, deadline_ms)
  await spin({ ...spinOf(player_id), session_id: 'another' }, losing.parts, deadline_ms)
  losing.trouble = (step) => (step === 'bet' ? { when: 'after', error: killed } : undefined)
  await expect(spin(spinOf(player_id), losing.parts, deadline_ms)).rejects.toBe(killed)
  await losing.resolve()
  expect(await losing.store.netOf(player_id, 'session')).toBe(20 - 3 * 10)
  expect(await losing.store.netOf(player_id, 'another')).toBe(-10)
  expect(await losing.store.netOf(newId(), 'session')).toBe(0)
})

describe.each(['wins', 'loses'] as const)('killed in a spin that %s', (outcome) => {
  const steps = ['session.check', 'open', 'bet', ...(outcome === 'wins' ? ['to paying', 'win'] : []), 'to completed']
  const points = steps.flatMap((step) => [
    { step, when: 'before' as const },
    { step, when: 'after' as const },
  ])

  test.each(points)('$when $step: the resolver ends the round, a retry hears how', async ({ step, when }) => {
    const world = fixture.world(gameThat(outcome))
    const request = spinOf(newId())
    world.wallet.deposit(request.player_id, 100)
    world.trouble = (name) => (name === step ? { when, error: killed } : undefined)
    await expect(spin(request, world.parts, deadline_ms)).rejects.toBe(killed)
    await world.resolve()
    const [round] = await expectEnded(world, request.player_id, 100)
    if (round?.status === 'cancelled')
      await expect(spin(request, world.parts, deadline_ms)).rejects.toEqual(refusal('round_cancelled'))
    else expect(await spin(request, world.parts, deadline_ms)).toMatchObject({ status: 'completed' })
    // What the request itself ended last was not the resolver's.
    if (round !== undefined) expect(round.resolved).toBe(!(step === 'to completed' && when === 'after'))
    // A win that was drawn under a bet that is known to stand is never taken back.
    if (step === 'win' || (step === 'to completed' && outcome === 'wins')) expect(round?.status).toBe('completed')
  })

  test.each(points)('$when $step: a retry before the resolver completes the round', async ({ step, when }) => {
    const world = fixture.world(gameThat(outcome))
    const request = spinOf(newId())
    world.wallet.deposit(request.player_id, 100)
    const error = new Problem('unavailable', 'no answer')
    world.trouble = (name) => (name === step ? { when, error } : undefined)
    await spin(request, world.parts, deadline_ms).catch((thrown: unknown) => expect(thrown).toBe(error))
    world.trouble = () => undefined
    expect(await spin(request, world.parts, deadline_ms)).toMatchObject({ status: 'completed' })
    expect(await expectEnded(world, request.player_id, 100)).toMatchObject([{ resolved: false }])
  })
})

test('retries, kills and the resolver all at once: one round a key, one answer, the money fits', async () => {
  const choose = random('all at once')
  for (let run = 0; run < 40; run++) {
    const world = fixture.world(gameThat(choose.pick(['wins', 'loses'] as const)))
    const player_id = newId()
    world.wallet.deposit(player_id, 25) // enough for two stakes: the third may be refused
    world.trouble = () => {
      if (choose.next() > 0.15) return undefined
      const error = choose.next() < 0.5 ? killed : new Problem('unavailable', 'no answer')
      return { when: choose.pick(['before', 'after'] as const), error }
    }
    const requests = [spinOf(player_id), spinOf(player_id), spinOf(player_id)]
    const answers = new Map<string, SpinResult[]>()
    const attempt = async (): Promise<void> => {
      const request = choose.pick(requests)
      const answer = await spin(request, world.parts, deadline_ms).catch(() => undefined)
      if (answer !== undefined) answers.set(request.key, [...(answers.get(request.key) ?? []), answer])
    }
    const resolveOnceNow = async (): Promise<void> => {
      const [round] = await world.store.claim(1, 0)
      if (round !== undefined) await finish(round, world.parts, deadline_ms).catch(() => undefined)
    }
    await Promise.all([...Array.from({ length: 10 }, attempt), resolveOnceNow(), resolveOnceNow()])
    await world.resolve()
    const rounds = await expectEnded(world, player_id, 25)
    expect(new Set(rounds.map(({ key }) => key)).size).toBe(rounds.length)
    for (const [key, same] of answers) {
      expect(new Set(same.map((answer) => JSON.stringify(answer))).size).toBe(1)
      expect(rounds.find((round) => round.key === key)).toMatchObject({
        status: 'completed',
        round_id: same[0]!.round_id,
        win_minor: same[0]!.win_minor,
      })
    }
  }
})

test('design idempotency-off: the same key makes a second round and takes a second stake', async () => {
  const world = fixture.world(gameThat('loses'), { dedupeKey: forgetful })
  const request = spinOf(newId())
  world.wallet.deposit(request.player_id, 100)
  const first = await spin(request, world.parts, deadline_ms)
  expect(await spin(request, world.parts, deadline_ms)).not.toEqual(first)
  expect(await expectEnded(world, request.player_id, 100)).toHaveLength(2)
  expect(world.wallet.balance(request.player_id)).toBe(80)
})

test.each([
  ['the standard', (seed: string) => seed, true],
  ['design seed-swapped', swappedSeed, false],
] as const)('%s: outcomes follow from the promised seed, or do not', async (_design, drawnWith, follows) => {
  const strip = Array.from({ length: 10_000 }, (_, symbol) => symbol)
  const game = { ...gameThat('loses'), reels: [strip, strip, strip] }
  const world = fixture.world(game, { drawnWith })
  const request = spinOf(newId())
  world.wallet.deposit(request.player_id, 100)
  await spin(request, world.parts, deadline_ms)
  const [round] = await expectEnded(world, request.player_id, 100)
  const { server_seed_hash, client_seed, nonce, stops } = round!
  const { server_seed } = (await world.seeds.current(request.player_id))!.active
  expect(server_seed_hash).toBe(seedHash(server_seed))
  const derived = drawStops(server_seed, client_seed, nonce, game.reels)
  if (follows) expect(stops).toEqual(derived)
  else expect(stops).not.toEqual(derived)
})
