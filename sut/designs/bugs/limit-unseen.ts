import type { PlantedBug } from '../planted-bug.ts'

const remembered_ms = 10_000

export const limitUnseen: PlantedBug = {
  name: 'limit-unseen',
  title: 'A loss limit is not seen while a session is remembered',
  description:
    'Session remembers for ten seconds that a player has no loss limit: the stakes of that time are not counted against a new one.',
  caught_by: 'limits-kept',
  experiment: 'safer-play',
  replaces: {
    'session.check': (standard, mark, { clock }) => {
      const unlimited_until_ms = new Map<string, number>()
      return async (session_id, stake) => {
        mark('ran')
        const allowed = await standard(session_id, stake)
        const now_ms = clock.monotonic_ms()
        if (!allowed.reserve) unlimited_until_ms.set(stake.player_id, now_ms + remembered_ms)
        else if ((unlimited_until_ms.get(stake.player_id) ?? -Infinity) > now_ms) {
          mark('reached')
          return { ...allowed, reserve: false }
        }
        return allowed
      }
    },
  },
}
