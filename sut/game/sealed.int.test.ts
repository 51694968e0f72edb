import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#lib/random.ts'
import type { StateLine } from '#sut/contracts/state.ts'
import { dumpGame } from './dump.ts'
import { isShown } from './seed-store.ts'
import { rotate } from './seeds.ts'
import { spin } from './spin.ts'
import { gameThat, seal, spinOf, startGame, type GameFixture } from './testing/fixture.ts'

let fixture: GameFixture
beforeAll(async () => {
  fixture = await startGame()
})
afterAll(() => fixture[Symbol.asyncDispose]())

/** All that the database holds, as text. */
async function everything(): Promise<string> {
  const tables = await fixture.database.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
  )
  const texts = tables.map(({ name }) =>
    fixture.database.query<{ row: string }>(`SELECT line::text AS row FROM ${name} AS line`),
  )
  return (await Promise.all(texts)).flatMap((rows) => rows.map(({ row }) => row)).join('\n')
}

async function seedsShown(player_id: string): Promise<(string | null)[]> {
  const lines: StateLine[] = []
  for await (const line of dumpGame(fixture.database, { seal, isShown })) lines.push(line)
  return lines.flatMap((line) => (line.kind === 'round' && line.player_id === player_id ? [line.server_seed] : []))
}

test('a seed is in no table, and leaves with no state, before it is revealed', async () => {
  const world = fixture.world(gameThat('loses'))
  const player_id = newId()
  world.wallet.deposit(player_id, 100)
  await spin(spinOf(player_id), world.parts, Infinity)
  const { active, following } = (await world.seeds.current(player_id))!
  const stored = await everything()
  expect(stored).toContain(active.server_seed_hash)
  for (const { server_seed } of [active, following]) {
    expect(stored).not.toContain(server_seed)
    // As bytes, too.
    expect(stored).not.toContain(Buffer.from(server_seed).toString('hex'))
  }
  expect(await seedsShown(player_id)).toEqual([null])

  await rotate(player_id, world.seeds)
  await spin(spinOf(player_id), world.parts, Infinity)
  expect(new Set(await seedsShown(player_id))).toEqual(new Set([active.server_seed, null]))
})

test('a seed of one player is none of another', async () => {
  const world = fixture.world(gameThat('loses'))
  const [ada, bob] = [newId(), newId()]
  for (const player_id of [ada, bob]) await world.seeds.begin(player_id)
  await fixture.database.query(
    `UPDATE seeds SET sealed = (SELECT sealed FROM seeds WHERE player_id = $2 AND ordinal = 0) WHERE player_id = $1 AND ordinal = 0`,
    [ada, bob],
  )
  await expect(world.seeds.current(ada)).rejects.toThrow()
  expect(await world.seeds.current(bob)).toBeDefined()
})

test('seeds from before they were sealed have ended, and others follow them', async () => {
  const world = fixture.world(gameThat('loses'))
  const player_id = newId()
  world.wallet.deposit(player_id, 100)
  await fixture.database.query(
    `INSERT INTO seeds (player_id, ordinal, server_seed, server_seed_hash, next_nonce, ended)
     VALUES ($1, 0, 'old', $2, 3, true), ($1, 1, 'older', $3, 0, true)`,
    [player_id, newId(), newId()],
  )
  await Promise.all([world.seeds.begin(player_id), world.seeds.begin(player_id)])
  await world.seeds.begin(player_id)
  expect(await world.seeds.current(player_id)).toMatchObject({ active: { ordinal: 2 }, following: { ordinal: 3 } })
  expect(await spin(spinOf(player_id), world.parts, Infinity)).toMatchObject({ nonce: 0 })
})
