import { Problem } from '#sut/contracts/problems.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const stakeCapIgnored: PlantedBug = {
  name: 'stake-cap-ignored',
  title: 'A stake may be as high as one likes',
  description: 'Session lets a stake pass that is above the highest of a round.',
  caught_by: 'limits-kept',
  experiment: 'safer-play',
  replaces: {
    'session.check': (standard, mark) => async (session_id, stake) => {
      mark('ran')
      try {
        return await standard(session_id, stake)
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'stake_refused') throw error
        mark('reached')
        return standard(session_id, { ...stake, stake_minor: 1 })
      }
    },
  },
}
