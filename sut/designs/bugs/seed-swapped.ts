import { newId } from '#lib/random.ts'
import type { DrawnWith } from '../parts.ts'
import type { PlantedBug } from '../planted-bug.ts'

/** A house that draws with whatever seed it likes, and reveals the other one. */
export const swappedSeed: DrawnWith = () => newId()

export const seedSwapped: PlantedBug = {
  name: 'seed-swapped',
  title: 'Outcomes do not follow from the promised seed',
  description: 'The game shows the hash of one server seed and draws rounds with another.',
  caught_by: 'outcomes-rederived',
  experiment: 'calm',
  replaces: {
    'game.drawn-with': (_standard, mark) => (server_seed) => {
      mark('ran')
      mark('reached')
      return swappedSeed(server_seed)
    },
  },
}
