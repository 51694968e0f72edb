import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '#lib/random.ts'
import type { SpinResult } from '#sut/contracts/api.ts'
import { seedHash } from '#sut/contracts/fairness.ts'
import { draw } from './round.ts'
import { promised, rotate } from './seeds.ts'
import { spin } from './spin.ts'
import { gameThat, spinOf, startGame, type GameFixture, type World } from './testing/fixture.ts'

let fixture: GameFixture
beforeAll(async () => {
  fixture = await startGame()
})
afterAll(() => fixture[Symbol.asyncDispose]())

const killed = new Error('killed')
const play = (world: World, player_id: string, key?: string): Promise<SpinResult> =>
  spin(spinOf(player_id, key), world.parts, Infinity)

function rich(world: World): string {
  const player_id = newId()
  world.wallet.deposit(player_id, 10_000)
  return player_id
}

/** The nonces that rounds of the player have, by seed, in order. */
async function noncesOf(player_id: string): Promise<Record<string, number[]>> {
  const rows = await fixture.database.query<{ server_seed_hash: string; nonces: number[] }>(
    `SELECT server_seed_hash, array_agg(nonce ORDER BY nonce) AS nonces FROM rounds WHERE player_id = $1 GROUP BY 1`,
    [player_id],
  )
  return Object.fromEntries(rows.map(({ server_seed_hash, nonces }) => [server_seed_hash, nonces]))
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, nonce) => nonce)

describe('a nonce', () => {
  test('is the next of the promised seed, and a retry takes none', async () => {
    const world = fixture.world(gameThat('loses'))
    const player_id = rich(world)
    const { server_seed_hash } = await promised(player_id, world.seeds)
    const first = await play(world, player_id, 'one')
    expect(first).toMatchObject({ server_seed_hash, nonce: 0 })
    expect(await play(world, player_id, 'one')).toEqual(first)
    expect(await play(world, player_id, 'two')).toMatchObject({ server_seed_hash, nonce: 1 })
    expect(await promised(player_id, world.seeds)).toMatchObject({ server_seed_hash, next_nonce: 2 })
  })

  test('is used once and none is left out, whoever spins and tries again at the same time', async () => {
    const world = fixture.world(gameThat('loses'))
    const player_id = rich(world)
    const keys = upTo(12).map((key) => `key-${key}`)
    const answers = await Promise.all([...keys, ...keys].map((key) => play(world, player_id, key)))
    expect(answers.slice(12)).toEqual(answers.slice(0, 12))
    const { server_seed_hash } = await promised(player_id, world.seeds)
    expect(await noncesOf(player_id)).toEqual({ [server_seed_hash]: upTo(12) })
  })

  test('is taken by the write that opens the round: neither happens without the other', async () => {
    const world = fixture.world(gameThat('loses'))
    const player_id = rich(world)
    for (const when of ['before', 'after'] as const) {
      world.trouble = (step) => (step === 'open' ? { when, error: killed } : undefined)
      await expect(play(world, player_id)).rejects.toBe(killed)
    }
    world.trouble = () => undefined
    expect(await play(world, player_id)).toMatchObject({ nonce: 1 })
    await world.resolve()
  })
})

test('what was read of a seed is good for nothing once it has changed', async () => {
  const world = fixture.world(gameThat('loses'))
  const player_id = rich(world)
  await play(world, player_id, 'one')
  const { active } = (await world.seeds.current(player_id))!
  const place = await world.store.look(player_id, 'two')
  const round = draw(spinOf(player_id, 'two'), gameThat('loses'), { round_id: newId(), seed: place.seed! })
  await play(world, player_id, 'three')
  expect(await world.store.open(round)).toBeUndefined() // its nonce is taken
  expect(await world.seeds.end(active)).toBeUndefined() // a round was opened that nobody has looked at

  const later = await world.store.look(player_id, 'two')
  await rotate(player_id, world.seeds)
  const late = draw(spinOf(player_id, 'two'), gameThat('loses'), { round_id: newId(), seed: later.seed! })
  expect(await world.store.open(late)).toBeUndefined() // its seed is revealed
  expect(Object.values(await noncesOf(player_id))).toEqual([[0, 1]])
})

describe('a seed', () => {
  test('is revealed by a rotation, and the one that was promised to follow is active', async () => {
    const world = fixture.world(gameThat('loses'))
    const player_id = rich(world)
    const promise = await promised(player_id, world.seeds)
    const { round_id } = await play(world, player_id)
    expect((await world.store.proven(player_id, round_id))?.server_seed).toBeNull()
    const { revealed, next } = await rotate(player_id, world.seeds)
    expect(seedHash(revealed.server_seed)).toBe(promise.server_seed_hash)
    expect(revealed.rounds).toBe(1)
    expect(next).toMatchObject({ server_seed_hash: promise.next_server_seed_hash, next_nonce: 0 })
    expect(await promised(player_id, world.seeds)).toEqual(next)
    expect((await world.store.proven(player_id, round_id))?.server_seed).toBe(revealed.server_seed)
    expect(await play(world, player_id)).toMatchObject({ server_seed_hash: next.server_seed_hash, nonce: 0 })
  })

  test('is revealed again when the answer was lost, also to several who ask at once', async () => {
    const world = fixture.world(gameThat('loses'))
    const player_id = rich(world)
    await play(world, player_id)
    const answers = await Promise.all(upTo(6).map(() => rotate(player_id, world.seeds)))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(await rotate(player_id, world.seeds)).toEqual(answers[0])
  })

  test('without a round can be exchanged once', async () => {
    const world = fixture.world(gameThat('loses'))
    const player_id = newId()
    const first = await rotate(player_id, world.seeds)
    expect(first.revealed.rounds).toBe(0)
    expect(await rotate(player_id, world.seeds)).toEqual(first)
  })

  test('is not revealed while a round of it is open, not even to the next rotation', async () => {
    const world = fixture.world(gameThat('wins'))
    const player_id = rich(world)
    world.trouble = (step) => (step === 'bet' ? { when: 'before', error: killed } : undefined)
    await expect(play(world, player_id)).rejects.toBe(killed)
    await expect(rotate(player_id, world.seeds)).rejects.toMatchObject({ code: 'round_open' })
    await world.resolve()
    expect((await rotate(player_id, world.seeds)).revealed.rounds).toBe(1)
  })

  test('ends by itself after so many rounds, and is revealed when the last of them has ended', async () => {
    const world = fixture.world(gameThat('wins'), { rounds_per_seed_max: 3 })
    const player_id = rich(world)
    const promise = await promised(player_id, world.seeds)
    const { round_id } = await play(world, player_id)
    await play(world, player_id)
    world.trouble = (step) => (step === 'bet' ? { when: 'before', error: killed } : undefined)
    await expect(play(world, player_id)).rejects.toBe(killed)
    world.trouble = () => undefined
    expect(await play(world, player_id)).toMatchObject({ server_seed_hash: promise.next_server_seed_hash, nonce: 0 })
    expect((await world.store.proven(player_id, round_id))?.server_seed).toBeNull()
    await world.resolve()
    expect(seedHash((await world.store.proven(player_id, round_id))!.server_seed!)).toBe(promise.server_seed_hash)
  })

  test('is kept to by spins, retries and rotations all at once', async () => {
    const world = fixture.world(gameThat('loses'), { rounds_per_seed_max: 4 })
    const player_id = rich(world)
    const rotation = (): Promise<unknown> =>
      rotate(player_id, world.seeds).catch((error: unknown) => expect(error).toMatchObject({ code: 'round_open' }))
    const keys = upTo(15).map((key) => `key-${key}`)
    await Promise.all([...keys, ...keys].flatMap((key) => [play(world, player_id, key), rotation()]))
    const used = Object.values(await noncesOf(player_id))
    expect(used.flat()).toHaveLength(15)
    for (const nonces of used) expect(nonces).toEqual(upTo(nonces.length))
    expect(Math.max(...used.map((nonces) => nonces.length))).toBeLessThanOrEqual(4)
  })
})

test('a round from before there were seeds is revealed with its own, once it has ended', async () => {
  const world = fixture.world(gameThat('loses'))
  const player_id = rich(world)
  const { round_id } = await play(world, player_id)
  await fixture.database.query(`UPDATE rounds SET seed_id = NULL, server_seed = 'its own' WHERE round_id = $1`, [
    round_id,
  ])
  expect(await world.store.proven(player_id, round_id)).toMatchObject({
    server_seed: 'its own',
    round: { seed_id: null },
  })
  expect(await world.store.proven(newId(), round_id)).toBeUndefined()
})
