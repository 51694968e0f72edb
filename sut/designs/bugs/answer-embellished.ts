import { shardOf } from '#sut/contracts/events.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const answerEmbellished: PlantedBug = {
  name: 'answer-embellished',
  title: 'A spin is answered with another win than was paid',
  description: 'One spin in eight that wins nothing is answered with a win of its stake, which nobody pays.',
  caught_by: 'answers-agree',
  experiment: 'calm',
  replaces: {
    'game.spin': (standard, mark) => async (request, deadline_ms) => {
      mark('ran')
      const answer = await standard(request, deadline_ms)
      if (answer.win_minor > 0 || shardOf(answer.round_id) !== 0) return answer
      mark('reached')
      return { ...answer, win_minor: answer.stake_minor }
    },
  },
}
