import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { marks_sql } from '#sut/designs/planted-sql.ts'
import { plantedBugs } from '#sut/designs/planted-bugs.ts'
import type { ServiceName } from '#sut/contracts/descriptor.ts'
import { openDatabase } from '#sut/platform/database.ts'
import { migrate } from '#sut/platform/migrate.ts'
import { plantedMigrations } from '#sut/platform/planting.ts'
import { startPostgres, type PostgresStore } from '#sut/platform/testing/stores.ts'

// A migration that changes what a planted bug changes is seen here.
let postgres: PostgresStore
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

const planted = Object.values(plantedBugs).flatMap(({ name, sql }) =>
  (Object.keys(sql ?? {}) as ServiceName[]).map((service) => ({ name, service })),
)

test.each(planted)('the SQL of $name fits what $service has migrated to, and runs once', async ({ name, service }) => {
  const login = await postgres.createDatabase()
  await using database = Object.assign(openDatabase({ servers: () => [postgres], login, application: 'test' }), {
    [Symbol.asyncDispose]: () => database.end(),
  })
  const folder = join(import.meta.dirname, '..', service, 'migrations')
  const more = plantedMigrations(name, service, login.user)
  expect(await migrate(database, folder, more)).toContain(`planted-${name}`)
  expect(await migrate(database, folder, more)).toEqual([])
  expect(await database.query(marks_sql)).toEqual([{ ran: 0n, reached: 0n }])
  await database.query(`SELECT planted('reached')`)
  expect(await database.query(marks_sql)).toEqual([{ ran: 0n, reached: 1n }])
})
