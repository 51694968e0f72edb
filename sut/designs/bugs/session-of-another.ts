import { Problem } from '#sut/contracts/problems.ts'
import type { PlantedBug } from '../planted-bug.ts'

const remembered_max = 10_000

export const sessionOfAnother: PlantedBug = {
  name: 'session-of-another',
  title: "A player plays in another one's session",
  description: 'A stake is checked by its session alone: whose session it is nobody looks at.',
  caught_by: 'thief-gets-nothing',
  experiment: 'locked-doors',
  replaces: {
    'session.check': (standard, mark) => {
      const owners = new Map<string, string>()
      return async (session_id, stake) => {
        mark('ran')
        try {
          const allowed = await standard(session_id, stake)
          if (owners.size < remembered_max) owners.set(session_id, stake.player_id)
          return allowed
        } catch (error) {
          const player_id = owners.get(session_id)
          if (!(error instanceof Problem) || error.code !== 'forbidden' || player_id === undefined) throw error
          mark('reached')
          return standard(session_id, { ...stake, player_id })
        }
      }
    },
  },
}
