import type { Clock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Layered } from '#sut/platform/cache.ts'
import { checkStake, type Limits, type Session } from './limits.ts'
import type { SessionStore } from './store.ts'

export interface SessionsOptions {
  store: SessionStore
  /** By session id; throws Problem not_found. */
  cache: Layered<Session>
  /** Throws Problem not_found for a game that nobody knows. */
  assertGame: (game_id: string, deadline_ms: number) => Promise<void>
  clock: Clock
  limits: Limits
}

/** Ages of a cached session. A session that was ended elsewhere is still played in this process for `memory_ms` at most. */
export const cacheAges = { memory_ms: 5_000, shared_ms: 600_000 } as const

export const loadSession =
  (store: SessionStore) =>
  async (session_id: string): Promise<Session> => {
    const session = await store.find(session_id)
    if (session === undefined) throw new Problem('not_found', `there is no session ${session_id}`)
    return session
  }

export function sessions({ store, cache, assertGame, clock, limits }: SessionsOptions) {
  return {
    open: async (request: { player_id: string; game_id: string }, deadline_ms: number) => {
      await assertGame(request.game_id, deadline_ms)
      const session = { session_id: newId(), ...request, opened_at_ms: clock.wall_ms() }
      const ended = await store.open(session, limits.open_sessions_max)
      await Promise.all(ended.map((session_id) => cache.forget(session_id)))
      return { session_id: session.session_id, game_id: session.game_id }
    },

    /** On the path of every spin: the cache answers it. Throws Problem not_found, forbidden, session_ended, stake_refused. */
    check: async (session_id: string, stake: { player_id: string; stake_minor: number }) =>
      checkStake(await cache.get(session_id), stake, clock.wall_ms(), limits),
  }
}
