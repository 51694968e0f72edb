import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { gameDefinition, type GameDefinition } from '#sut/contracts/bodies.ts'
import { openDatabase, type Database } from '#sut/platform/database.ts'
import { migrate } from '#sut/platform/migrate.ts'
import { startPostgres, type PostgresStore } from '#sut/platform/testing/stores.ts'
import { violationsOf } from '#sut/platform/validation.ts'
import { assertDeclaredReturn } from './return-to-player.ts'
import { dumpGames, readGame, readGames } from './store.ts'

let postgres: PostgresStore
let database: Database
beforeAll(async () => {
  postgres = await startPostgres()
  const login = await postgres.createDatabase('catalog')
  database = openDatabase({ servers: () => [postgres], login, application: 'catalog', size: 2 })
  await migrate(database, fileURLToPath(new URL('migrations', import.meta.url)))
})
afterAll(async () => {
  await database.end()
  await postgres[Symbol.asyncDispose]()
})

test('the games that the migrations bring fit the contract and declare what they pay', async () => {
  const games = await readGames(database)
  expect(games.map(({ game_id }) => game_id)).toEqual(['cherry-orchard', 'comet-chase', 'pyramid-gold'])
  for (const game of games) expect(violationsOf(gameDefinition, assertDeclaredReturn(game))).toEqual([])
  expect(await readGame(database, 'comet-chase')).toEqual(games[1])
  expect(await readGame(database, 'no-such')).toBeUndefined()
})

test('a new version is played from now on, and the old one stays in the dump', async () => {
  const before = (await readGame(database, 'cherry-orchard'))!
  const next: GameDefinition = { ...before, version: 2, pays: { ...before.pays, 5: 220 }, return_to_player: 0.9575 }
  await database.transaction(async (tx) => {
    await tx.query(
      'insert into game_versions (game_id, version, return_to_player, reels, pays) values ($1, $2, $3, $4, $5)',
      [next.game_id, next.version, next.return_to_player, JSON.stringify(next.reels), JSON.stringify(next.pays)],
    )
    await tx.query('update games set version = 2 where game_id = $1', [next.game_id])
  })
  expect(assertDeclaredReturn((await readGame(database, 'cherry-orchard'))!)).toEqual(next)
  const dumped = await Array.fromAsync(dumpGames(database))
  expect(dumped.filter(({ game_id }) => game_id === 'cherry-orchard').map(({ version }) => version)).toEqual([1, 2])
  expect(dumped).toHaveLength(4)
})
