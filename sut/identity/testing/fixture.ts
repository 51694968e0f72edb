import { join } from 'node:path'
import { openDatabase, type Database } from '#sut/platform/database.ts'
import { migrate } from '#sut/platform/migrate.ts'
import { startPostgres } from '#sut/platform/testing/stores.ts'

export interface IdentityFixture extends AsyncDisposable {
  readonly database: Database
}

/** The database of identity in a PostgreSQL of its own. */
export async function startIdentity(): Promise<IdentityFixture> {
  const postgres = await startPostgres()
  const login = await postgres.createDatabase('identity')
  const database = openDatabase({ servers: () => [postgres], login, application: 'identity', size: 4 })
  await migrate(database, join(import.meta.dirname, '../migrations'))
  return {
    database,
    async [Symbol.asyncDispose]() {
      await database.end()
      await postgres[Symbol.asyncDispose]()
    },
  }
}
