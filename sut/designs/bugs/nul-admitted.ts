import { Problem } from '#sut/contracts/problems.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const nulAdmitted: PlantedBug = {
  name: 'nul-admitted',
  title: 'Text that no store keeps is admitted',
  description:
    'The gateway lets NUL and halves of surrogate pairs through: the store refuses them, and the answer is a fault of the system.',
  caught_by: 'answers-named',
  experiment: 'locked-doors',
  replaces: {
    'gateway.assert-kept': (standard, mark) => (place, value) => {
      mark('ran')
      try {
        standard(place, value)
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        mark('reached')
      }
    },
  },
}
