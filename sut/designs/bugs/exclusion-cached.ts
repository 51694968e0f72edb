import type { PlantedBug } from '../planted-bug.ts'

const kept_ms = 5_000
type Allowed = { game_id: string; reserve: boolean }

export const exclusionCached: PlantedBug = {
  name: 'exclusion-cached',
  title: 'That a stake is allowed is remembered for five seconds',
  description:
    'Each instance of session answers the check of a stake as it answered the last one of the session in the five seconds before, whatever the player has asked for since then.',
  caught_by: 'exclusions-kept',
  experiment: 'safer-play',
  replaces: {
    'session.check': (standard, mark, { clock }) => {
      const kept = new Map<string, { allowed: Allowed; until_ms: number }>()
      return async (session_id, stake) => {
        mark('ran')
        const known = kept.get(session_id)
        const fresh = known !== undefined && known.until_ms > clock.monotonic_ms() ? known.allowed : undefined
        try {
          const allowed = await standard(session_id, stake)
          if (fresh !== undefined && fresh.reserve !== allowed.reserve) mark('reached')
          if (fresh === undefined) kept.set(session_id, { allowed, until_ms: clock.monotonic_ms() + kept_ms })
          return fresh ?? allowed
        } catch (error) {
          if (fresh === undefined) throw error
          mark('reached')
          return fresh
        }
      }
    },
  },
}
