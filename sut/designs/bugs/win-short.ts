import { shardOf } from '#sut/contracts/events.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const winShort: PlantedBug = {
  name: 'win-short',
  title: 'A win is paid short',
  description: 'The game asks the wallet for one minor unit less than the round has won, in one win of four.',
  caught_by: 'rounds-ended',
  experiment: 'calm',
  replaces: {
    'game.send-transfer': (standard, mark) => (request, deadline_ms) => {
      if (request.kind !== 'win') return standard(request, deadline_ms)
      mark('ran')
      if (shardOf(request.key) % 4 !== 0 || request.amount_minor < 2) return standard(request, deadline_ms)
      mark('reached')
      return standard({ ...request, amount_minor: request.amount_minor - 1 }, deadline_ms)
    },
  },
}
