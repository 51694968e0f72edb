import { join } from 'node:path'
import { systemClock } from '#lib/clock.ts'
import { forgetful } from '#sut/designs/bugs/idempotency-off.ts'
import type { DedupeKey } from '#sut/designs/parts.ts'
import { openDatabase, type Database } from '#sut/platform/database.ts'
import { migrate } from '#sut/platform/migrate.ts'
import { startPostgres, type PostgresStore } from '#sut/platform/testing/stores.ts'
import { holds, type Holds } from '../holds.ts'
import { ledger, type Ledger } from '../ledger.ts'

/** off: as the planted bug idempotency-off has it. */
export type Idempotency = 'unique-key' | 'off'
const dedupeKeys: Record<Idempotency, DedupeKey> = { 'unique-key': (key) => key, off: forgetful }

export interface LedgerFixture extends AsyncDisposable {
  readonly postgres: PostgresStore
  readonly database: Database
  /** `through`: what stands between the ledger and its database. */
  ledger(idempotency: Idempotency, through?: Pick<Database, 'query'>): Ledger
  holds(idempotency: Idempotency, through?: Pick<Database, 'query'>): Holds
}

/** A ledger in a PostgreSQL of its own; `connections`: as many transfers run at once. */
export async function startLedger({ connections }: { connections?: number } = {}): Promise<LedgerFixture> {
  const postgres = await startPostgres()
  const login = await postgres.createDatabase()
  const size = connections === undefined ? {} : { size: connections }
  const database = openDatabase({ servers: () => [postgres], login, application: 'wallet-test', ...size })
  await migrate(database, join(import.meta.dirname, '../migrations'))
  return {
    postgres,
    database,
    ledger: (idempotency, through = database) =>
      ledger({ database: through, clock: systemClock, dedupeKey: dedupeKeys[idempotency] }),
    holds: (idempotency, through = database) => holds({ database: through, dedupeKey: dedupeKeys[idempotency] }),
    async [Symbol.asyncDispose]() {
      await database.end()
      await postgres[Symbol.asyncDispose]()
    },
  }
}
