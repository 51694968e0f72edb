import type { Clock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { assertPlayed, checkStake, nextCheck_ms, type AllowedStake, type Limits, type Session } from './limits.ts'
import type { SessionStore } from './store.ts'

export interface SessionsOptions {
  store: SessionStore
  /** Throws Problem not_found for a game that nobody knows. */
  assertGame: (game_id: string, deadline_ms: number) => Promise<void>
  clock: Clock
  limits: Limits
}

export function sessions({ store, assertGame, clock, limits }: SessionsOptions) {
  const load = async (session_id: string): Promise<Session> => {
    const session = await store.find(session_id)
    if (session === undefined) throw new Problem('not_found', `there is no session ${session_id}`)
    return session
  }

  return {
    /** Throws Problem not_found, self_excluded. */
    open: async (request: { player_id: string; game_id: string }, deadline_ms: number) => {
      await assertGame(request.game_id, deadline_ms)
      const session = { session_id: newId(), ...request, opened_at_ms: clock.wall_ms() }
      await store.open(session, limits.open_sessions_max)
      return { session_id: session.session_id, game_id: session.game_id }
    },

    /**
     * On the path of every spin, and read from the database each time: what protects a player holds with its acknowledgement, for
     * every stake that is asked after it. Throws Problem not_found, and what checkStake throws.
     */
    check: async (session_id: string, stake: { player_id: string; stake_minor: number }): Promise<AllowedStake> =>
      checkStake(await load(session_id), stake, clock.wall_ms(), limits),

    /** The player knows how long he has played. Throws Problem not_found, forbidden, session_ended. */
    acknowledge: async (session_id: string, player_id: string) => {
      const session = await load(session_id)
      const acknowledged_at_ms = clock.wall_ms()
      assertPlayed(session, player_id, acknowledged_at_ms, limits)
      await store.acknowledge(session_id, acknowledged_at_ms)
      return {
        session_id,
        played_ms: Math.max(0, Math.floor(acknowledged_at_ms - session.opened_at_ms)),
        next_check_at_ms: Math.floor(nextCheck_ms({ ...session, acknowledged_at_ms }, limits)),
      }
    },
  }
}
