import type { PlantedBug } from '../planted-bug.ts'
import { writeBehind } from './write-behind.ts'

export const ackBeforeCommit: PlantedBug = {
  name: 'ack-before-commit',
  title: 'The wallet answers before it commits',
  description: 'A write-behind cache in the wallet: a kill between answer and write loses acknowledged money.',
  caught_by: 'acknowledged-lost',
  experiment: 'wallet-kill',
  replaces: {
    'wallet.ledger': (standard, mark, tools) => {
      const cache = writeBehind(standard, tools.clock, (text) => tools.warn(text))
      tools.pending('write_behind', () => cache.pending())
      tools.onStop('write-behind', () => cache.flush())
      tools.background('write-behind', (signal) => cache.run(signal))
      return {
        ...cache,
        transfer: async (request) => {
          mark('ran')
          const before = cache.pending()
          const answer = await cache.transfer(request)
          if (cache.pending() > before) mark('reached')
          return answer
        },
      }
    },
  },
}
