import type { Platform } from '#sut/platform/platform.ts'
import { outboxLines } from './dump.ts'
import { knownGames } from './known-games.ts'
import { limits } from './limits.ts'
import { cacheAges, loadSession, sessions } from './sessions.ts'
import { sessionStore } from './store.ts'

/** Needs the database; Redis makes it faster. */
export function wireSession(platform: Platform): void {
  const database = platform.database()
  const store = sessionStore(database)
  const { open, check } = sessions({
    store,
    cache: platform.layered({ name: 'session', ...cacheAges, load: loadSession(store) }),
    assertGame: knownGames(platform.call),
    clock: platform.clock,
    limits,
  })
  platform.outbox(database)
  platform.dump('outbox', () => outboxLines(database))
  platform.serve('session.open', ({ body, deadline_ms }) => open(body, deadline_ms))
  platform.serve('session.check', ({ body, params }) => check(params['id']!, body))
}
