import { join } from 'node:path'
import { openDatabase, type Database, type DatabaseOptions } from '#sut/platform/database.ts'
import { migrate } from '#sut/platform/migrate.ts'
import { startPostgres } from '#sut/platform/testing/stores.ts'

export interface IdentityFixture extends AsyncDisposable {
  readonly database: Database
  /** For whoever opens it once more, as another instance does. */
  readonly place: Pick<DatabaseOptions, 'servers' | 'login'>
}

/** The database of identity in a PostgreSQL of its own. */
export async function startIdentity(): Promise<IdentityFixture> {
  const postgres = await startPostgres()
  const login = await postgres.createDatabase('identity')
  const place = { servers: () => [postgres], login }
  const database = openDatabase({ ...place, application: 'identity', size: 8 })
  await migrate(database, join(import.meta.dirname, '../migrations'))
  return {
    database,
    place,
    async [Symbol.asyncDispose]() {
      await database.end()
      await postgres[Symbol.asyncDispose]()
    },
  }
}
