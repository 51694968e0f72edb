import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { resolveOnce, resolver } from './resolver.ts'
import { spin } from './spin.ts'
import { gameThat, spinOf, startGame, type GameFixture, type World } from './testing/fixture.ts'

let fixture: GameFixture
beforeAll(async () => {
  fixture = await startGame()
})
afterAll(() => fixture[Symbol.asyncDispose]())

/** Rounds whose bet stands and whose win nobody has paid. */
async function abandon(world: World, count: number): Promise<string> {
  const player_id = newId()
  world.wallet.deposit(player_id, 10 * count)
  world.trouble = (step) => (step === 'win' ? { when: 'before', error: new Error('killed') } : undefined)
  for (let round = 0; round < count; round++)
    await spin(spinOf(player_id), world.parts, Infinity).catch(() => undefined)
  world.trouble = () => undefined
  return player_id
}

test('resolvers share the rounds: none is claimed twice while its lease runs', async () => {
  const world = fixture.world(gameThat('wins'))
  await abandon(world, 10)
  const claims = await Promise.all([1, 2, 3, 4].map(() => world.store.claim(3, 60_000)))
  const taken = claims.flat().map(({ round_id }) => round_id)
  expect(taken.length).toBe(10)
  expect(new Set(taken).size).toBe(10)
  expect(await world.store.claim(10, 60_000)).toEqual([])
  await fixture.database.query('UPDATE rounds SET resolve_after = now()')
  await world.resolve()
})

test('a win that cannot be paid now is paid when it can', async () => {
  const world = fixture.world(gameThat('wins'))
  const player_id = await abandon(world, 2)
  world.trouble = (step) => (step === 'win' ? { when: 'before', error: new Problem('unavailable', 'away') } : undefined)
  expect(await resolveOnce(world.parts, { batch: 10, lease_ms: 0 })).toEqual({ claimed: 2, failed: ['away', 'away'] })
  expect(world.wallet.balance(player_id)).toBe(0)

  const abort = new AbortController()
  const running = resolver(world.parts, () => {}, abort.signal).catch(() => undefined)
  world.trouble = () => undefined
  await waitFor(async () => (await world.store.openCount()) === 0, { what: 'the resolver', limit_ms: 10_000 })
  abort.abort()
  await running
  expect(world.wallet.balance(player_id)).toBe(60)
})
