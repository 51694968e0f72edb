import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase, type Database } from './database.ts'
import { migrate } from './migrate.ts'
import { startPostgres, type PostgresStore } from './testing/stores.ts'

let postgres: PostgresStore
let folder: string
const open: Database[] = []

beforeAll(async () => {
  postgres = await startPostgres()
  folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-migrate-'))
  // Longer than a statement may take outside of a migration, and `create` fails when it is run twice.
  await writeFile(join(folder, '001-slow.sql'), 'select pg_sleep(2.7); create table one (id int); create table two ();')
  await writeFile(join(folder, '002-next.sql'), 'alter table one add column name text')
  await writeFile(join(folder, 'readme.txt'), 'not a migration')
})
afterAll(async () => {
  await Promise.all(open.map((database) => database.end()))
  await postgres[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function freshLogin(): Promise<() => Database> {
  const login = await postgres.createDatabase()
  return () => {
    const database = openDatabase({ servers: () => [postgres], login, application: 'test' })
    open.push(database)
    return database
  }
}

test('three instances that start at once apply each file once, in order; the next start applies none', async () => {
  const connect = await freshLogin()
  const applied = await Promise.all([connect(), connect(), connect()].map((database) => migrate(database, folder)))
  expect(applied.flat().toSorted()).toEqual(['001-slow.sql', '002-next.sql'])
  expect(await migrate(connect(), folder)).toEqual([])
  expect(await connect().query('select id, name from one')).toEqual([])
})

test('a file that fails leaves nothing of itself and is tried again at the next start', async () => {
  const connect = await freshLogin()
  const database = connect()
  await writeFile(join(folder, '003-bad.sql'), 'create table three (); select no_such_function();')
  await expect(migrate(database, folder)).rejects.toMatchObject({ code: '42883' })
  await writeFile(join(folder, '003-bad.sql'), 'create table three ()')
  expect(await migrate(database, folder)).toEqual(['003-bad.sql'])
})
