import type { PlantedBug } from '../planted-bug.ts'

export const seedsInClear: PlantedBug = {
  name: 'seeds-in-clear',
  title: 'Server seeds are shown before they are revealed',
  description: 'Proofs and the state show the server seed of each round, also while rounds are still drawn with it.',
  caught_by: 'seeds-sealed',
  experiment: 'fresh-reads',
  replaces: {
    'game.seed-shown': (standard, mark) => (seed) => {
      mark('ran')
      if (!standard(seed)) mark('reached')
      return true
    },
  },
}
