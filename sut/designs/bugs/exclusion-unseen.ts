import { Problem } from '#sut/contracts/problems.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const exclusionUnseen: PlantedBug = {
  name: 'exclusion-unseen',
  title: 'One region does not see that a player has excluded himself',
  description: 'Session in region b allows the stakes of players who have excluded themselves.',
  caught_by: 'exclusions-kept',
  experiment: 'safer-play',
  replaces: {
    'session.check': (standard, mark, { region }) => {
      const games = new Map<string, string>()
      return async (session_id, stake) => {
        mark('ran')
        try {
          const allowed = await standard(session_id, stake)
          games.set(session_id, allowed.game_id)
          return allowed
        } catch (error) {
          const game_id = games.get(session_id)
          if (!(error instanceof Problem) || error.code !== 'self_excluded') throw error
          if (region !== 'b' || game_id === undefined) throw error
          mark('reached')
          return { game_id, reserve: false }
        }
      }
    },
  },
}
