import { join } from 'node:path'
import { systemClock } from '#lib/clock.ts'
import { dedupeKeys } from '#sut/designs/idempotency.ts'
import type { Choices } from '#sut/designs/registry.ts'
import { openDatabase, type Database } from '#sut/platform/database.ts'
import { migrate } from '#sut/platform/migrate.ts'
import { startPostgres } from '#sut/platform/testing/stores.ts'
import { ledger, type Ledger } from '../ledger.ts'

export interface LedgerFixture extends AsyncDisposable {
  readonly database: Database
  ledger(idempotency: Choices['idempotency']): Ledger
}

/** A ledger in a PostgreSQL of its own. */
export async function startLedger(): Promise<LedgerFixture> {
  const postgres = await startPostgres()
  const login = await postgres.createDatabase()
  const database = openDatabase({ servers: () => [postgres], login, application: 'wallet-test' })
  await migrate(database, join(import.meta.dirname, '../migrations'))
  return {
    database,
    ledger: (idempotency) => ledger({ database, clock: systemClock, dedupeKey: dedupeKeys[idempotency] }),
    async [Symbol.asyncDispose]() {
      await database.end()
      await postgres[Symbol.asyncDispose]()
    },
  }
}
