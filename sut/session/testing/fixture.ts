import { join } from 'node:path'
import type { Clock } from '#lib/clock.ts'
import { systemClock } from '#lib/clock.ts'
import { openDatabase, type Database } from '#sut/platform/database.ts'
import { migrate } from '#sut/platform/migrate.ts'
import { startPostgres } from '#sut/platform/testing/stores.ts'
import { careStore, type CareStore } from '../care-store.ts'
import { limits } from '../limits.ts'
import { playerCare } from '../player-care.ts'
import { sessions } from '../sessions.ts'
import { sessionStore } from '../store.ts'

/** One instance of the session service, with the database that all share. */
export interface Instance {
  readonly sessions: ReturnType<typeof sessions>
  readonly care: ReturnType<typeof playerCare>
}
export interface SessionFixture extends AsyncDisposable {
  readonly database: Database
  readonly store: CareStore
  /** `later_ms`: how far its clock is ahead. */
  instance(later_ms?: () => number): Instance
}

/** Sessions and care in a PostgreSQL of their own. */
export async function startSessions(): Promise<SessionFixture> {
  const postgres = await startPostgres()
  const login = await postgres.createDatabase('session')
  const database = openDatabase({ servers: () => [postgres], login, application: 'session-test' })
  await migrate(database, join(import.meta.dirname, '../migrations'))
  const store = careStore(database)
  return {
    database,
    store,
    instance(later_ms = () => 0) {
      const clock: Clock = { ...systemClock, wall_ms: () => systemClock.wall_ms() + later_ms() }
      const table = sessionStore(database)
      const assertGame = (): Promise<void> => Promise.resolve()
      return {
        sessions: sessions({ store: table, assertGame, clock, limits }),
        care: playerCare({ store, clock }),
      }
    },
    async [Symbol.asyncDispose]() {
      await database.end()
      await postgres[Symbol.asyncDispose]()
    },
  }
}
