import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { services, type ServiceName } from '#sut/contracts/descriptor.ts'
import { slotBackend } from '#sut/descriptor.ts'
import { openDatabase, type Database, type Login } from '#sut/platform/database.ts'
import { databaseRights, rightsMigration } from '#sut/platform/database-rights.ts'
import { migrate } from '#sut/platform/migrate.ts'
import { startPostgres, type PostgresStore } from '#sut/platform/testing/stores.ts'

// A table that a migration adds, and nobody was given a right to, is seen here; and what no service may do with any.
let postgres: PostgresStore
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

const calling = slotBackend.services.filter(({ calls }) => calls.includes('postgres')).map(({ name }) => name)
const stored = services.filter((name) => calling.includes(name))
const open = (login: Login): Database & AsyncDisposable => {
  const database = openDatabase({ servers: () => [postgres], login, application: 'test' })
  return Object.assign(database, { [Symbol.asyncDispose]: () => database.end() })
}

async function migrated(service: ServiceName): Promise<Database & AsyncDisposable> {
  const { name, user, password, owner } = await postgres.createServed()
  await using owning = open({ name, ...owner })
  await migrate(owning, join(import.meta.dirname, '..', service, 'migrations'), [rightsMigration(service, user)])
  return open({ name, user, password })
}

const tables_sql = `SELECT tablename AS name,
    has_table_privilege(tablename::regclass, 'TRUNCATE, TRIGGER, REFERENCES') AS more,
    has_table_privilege(tablename::regclass, 'DELETE') AS deletes,
    pg_get_userbyid(relowner) = current_user AS owned,
    array(SELECT attname::text FROM pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
      AND has_column_privilege(attrelid, attnum, 'UPDATE') ORDER BY 1) AS updates
  FROM pg_tables JOIN pg_class ON pg_class.oid = tablename::regclass WHERE schemaname = 'public' ORDER BY 1`
interface Table {
  name: string
  more: boolean
  deletes: boolean
  owned: boolean
  updates: string[]
}

test.each(stored)(
  '%s serves with a right to each of its tables, owns none of them, and can make none',
  async (name) => {
    await using database = await migrated(name)
    const tables = (await database.query<Table>(tables_sql)).filter((table) => table.name !== 'migration')
    expect(tables.map((table) => table.name)).toEqual(Object.keys(databaseRights[name] ?? {}).toSorted())
    expect(tables.filter(({ owned, more }) => owned || more)).toEqual([])
    for (const text of ['CREATE TABLE mine ()', 'CREATE TEMP TABLE mine ()', 'SELECT * FROM migration'])
      await expect(database.query(text), text).rejects.toMatchObject({ code: '42501' })
  },
)

test.each([
  ['wallet', 'entries', []],
  ['wallet', 'transfers', []],
  ['telemetry', 'audit_entries', []],
  ['catalog', 'game_versions', []],
  ['game', 'seeds', ['ended', 'next_nonce']],
  ['wallet', 'outbox', ['published_at']],
  ['game', 'outbox', ['published_at']],
  ['identity', 'outbox', ['published_at']],
] as const)('of %s, what stands in %s stands', async (service, name, updates) => {
  await using database = await migrated(service)
  const table = (await database.query<Table>(tables_sql)).find((each) => each.name === name)
  expect(table).toMatchObject({ deletes: false, updates })
})
