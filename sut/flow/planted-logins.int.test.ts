import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import { marks_sql } from '#sut/designs/planted-sql.ts'
import { attemptLimits, attempts } from '#sut/identity/attempts.ts'
import { logins } from '#sut/identity/logins.ts'
import { type Database, openDatabase } from '#sut/platform/database.ts'
import { migrate } from '#sut/platform/migrate.ts'
import { plantedMigrations } from '#sut/platform/planting.ts'
import { startPostgres, type PostgresStore } from '#sut/platform/testing/stores.ts'

// Bugs that are planted in the database of identity: each does what it says, and marks it.
let postgres: PostgresStore
let database: Database
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())
beforeEach(() => () => database.end())

async function open(bug: string): Promise<void> {
  const login = await postgres.createDatabase()
  database = openDatabase({ servers: () => [postgres], login, application: 'test' })
  await migrate(
    database,
    join(import.meta.dirname, '../identity/migrations'),
    plantedMigrations(bug, 'identity', login.user),
  )
}
const reached = async (): Promise<number> => Number((await database.query<{ reached: bigint }>(marks_sql))[0]!.reached)

test('refresh-outlives-logout: what a refresh gave just before goes on, and nothing else', async () => {
  await open('refresh-outlives-logout')
  const { begin, refresh, end } = logins({ database, sign: async ({ jti }) => jti, clock: systemClock })
  const player_id = newId()
  await database.query(`insert into players (player_id, name, password_hash) values ($1, $1, 'none')`, [player_id])
  const plain = await begin(player_id)
  await end(plain.token)
  await expect(refresh(plain.refresh_token)).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(await reached()).toBe(0)
  const first = await begin(player_id)
  const second = await refresh(first.refresh_token)
  await end(first.token)
  expect(await refresh(second.refresh_token)).toMatchObject({ player_id })
  expect(await reached()).toBe(1)
})

test('guesses-in-parallel: guesses at once do not see the lock', async () => {
  await open('guesses-in-parallel')
  const { take } = attempts(database, attemptLimits, systemClock)
  const taken = await Promise.allSettled(Array.from({ length: 40 }, () => take('ada', '192.0.2.1')))
  const admitted = taken.filter(({ status }) => status === 'fulfilled').length
  expect(admitted).toBeGreaterThan(attemptLimits.in_a_row_max)
  expect(await reached()).toBe(admitted - attemptLimits.in_a_row_max)
})
