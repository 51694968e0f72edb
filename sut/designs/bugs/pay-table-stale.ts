import type { PlantedBug } from '../planted-bug.ts'

export const payTableStale: PlantedBug = {
  name: 'pay-table-stale',
  title: 'A stale pay table',
  description:
    'The catalog shows a game in its current version with the pay table of another one: what pays most, pays one more.',
  caught_by: 'outcomes-rederived',
  experiment: 'calm',
  replaces: {
    'catalog.game': (standard, mark) => async (game_id) => {
      mark('ran')
      const game = await standard(game_id)
      mark('reached')
      return { ...game, pays: Object.fromEntries(Object.entries(game.pays).map(([symbol, pay]) => [symbol, pay + 1])) }
    },
  },
}
