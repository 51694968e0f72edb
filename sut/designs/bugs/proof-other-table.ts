import type { PlantedBug } from '../planted-bug.ts'

export const proofOtherTable: PlantedBug = {
  name: 'proof-other-table',
  title: 'A proof shows another pay table',
  description: 'The catalog tells the version of a game that a round was played with, and shows what it does not pay.',
  caught_by: 'proofs-hold',
  experiment: 'fresh-reads',
  replaces: {
    'catalog.version': (standard, mark) => async (game_id, version) => {
      mark('ran')
      const game = await standard(game_id, version)
      mark('reached')
      return { ...game, pays: Object.fromEntries(Object.entries(game.pays).map(([symbol, pay]) => [symbol, pay + 1])) }
    },
  },
}
