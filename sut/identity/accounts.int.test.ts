import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { openDatabase, type Database } from '#sut/platform/database.ts'
import { migrate } from '#sut/platform/migrate.ts'
import { startPostgres, type PostgresStore } from '#sut/platform/testing/stores.ts'
import { accounts, tokenLife_s } from './accounts.ts'
import { outboxLines } from './dump.ts'
import { passwords } from './passwords.ts'
import { playerStore } from './players.ts'

let postgres: PostgresStore
let database: Database
beforeAll(async () => {
  postgres = await startPostgres()
  const login = await postgres.createDatabase('identity')
  database = openDatabase({ servers: () => [postgres], login, application: 'identity', size: 4 })
  await migrate(database, fileURLToPath(new URL('migrations', import.meta.url)))
})
afterAll(async () => {
  await database.end()
  await postgres[Symbol.asyncDispose]()
})

const open = async () =>
  accounts({
    players: playerStore(database),
    passwords: await passwords({ at_once: 2, waiting_max: 50 }),
    clock: systemClock,
    sign: async (player_id, expires_in_s) => `token of ${player_id} for ${expires_in_s}`,
  })

test('a player registers once, with an event, and logs in with the right password alone', async () => {
  const { register, login } = await open()
  const credentials = { name: 'Ada', password: 'correct horse' }
  const { player_id } = await register(credentials)
  const event_id = `identity:${player_id}`
  expect(await Array.fromAsync(outboxLines(database))).toEqual([
    { kind: 'outbox', service: 'identity', event_id, type: 'identity.player_registered', published: false },
  ])
  expect(await login(credentials)).toEqual({
    player_id,
    token: `token of ${player_id} for ${tokenLife_s}`,
    expires_in_s: tokenLife_s,
  })
  const wrong = { code: 'unauthenticated', message: 'name or password is wrong' }
  await expect(login({ ...credentials, password: 'battery staple' })).rejects.toMatchObject(wrong)
  await expect(login({ ...credentials, name: 'Grace' })).rejects.toMatchObject(wrong)
  await expect(register({ ...credentials, name: 'ADA' })).rejects.toMatchObject({ code: 'name_taken' })
})

test('of many who want one name at the same moment one gets it', async () => {
  const { register } = await open()
  const all = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => register({ name: 'Hedy', password: `password-${index}` })),
  )
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const one of all) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'name_taken' })
  const rows = await database.query(`select 1 from players p join outbox o using (player_id) where p.name = 'Hedy'`)
  expect(rows).toHaveLength(1)
})
