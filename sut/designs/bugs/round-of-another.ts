import { Problem } from '#sut/contracts/problems.ts'
import type { PlantedBug } from '../planted-bug.ts'

const remembered_max = 10_000

export const roundOfAnother: PlantedBug = {
  name: 'round-of-another',
  title: "A player reads another one's round",
  description: 'The proof of a round that this instance has played is shown to whoever knows its identifier.',
  caught_by: 'thief-gets-nothing',
  experiment: 'locked-doors',
  replaces: {
    'game.spin': (standard, mark) => async (request, deadline_ms) => {
      const result = await standard(request, deadline_ms)
      mark('ran')
      if (owners.size < remembered_max) owners.set(result.round_id, request.player_id)
      return result
    },
    'game.proof': (standard, mark) => async (player_id, round_id, deadline_ms) => {
      try {
        return await standard(player_id, round_id, deadline_ms)
      } catch (error) {
        const owner = owners.get(round_id)
        if (!(error instanceof Problem) || error.code !== 'not_found' || owner === undefined) throw error
        mark('reached')
        return await standard(owner, round_id, deadline_ms)
      }
    },
  },
}

/** Of this process. */
const owners = new Map<string, string>()
