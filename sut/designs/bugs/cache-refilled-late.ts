import type { PlantedBug } from '../planted-bug.ts'

const late_ms = 300
const kept_ms = 600_000
type Allowed = { game_id: string; reserve: boolean }

export const cacheRefilledLate: PlantedBug = {
  name: 'cache-refilled-late',
  title: 'A permission that was read before an exclusion comes back into the cache after it',
  description:
    'Session keeps answers for ten minutes and forgets them when a player changes something. What was read just before the change is put back 300 ms later, and then allows what is not allowed.',
  caught_by: 'exclusions-kept',
  experiment: 'safer-play',
  replaces: {
    'session.check': (standard, mark, { clock }) => {
      const read = new Map<string, { allowed: Allowed; at_ms: number }>()
      return async (session_id, stake) => {
        mark('ran')
        const now_ms = clock.monotonic_ms()
        try {
          const allowed = await standard(session_id, stake)
          read.set(session_id, { allowed, at_ms: now_ms })
          return allowed
        } catch (error) {
          const old = read.get(session_id)
          // Forgotten with the change, and not yet put back.
          if (old === undefined || now_ms - old.at_ms < late_ms || now_ms - old.at_ms > kept_ms) throw error
          mark('reached')
          return old.allowed
        }
      }
    },
  },
}
