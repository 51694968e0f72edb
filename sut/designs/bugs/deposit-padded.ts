import { shardOf } from '#sut/contracts/events.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const depositPadded: PlantedBug = {
  name: 'deposit-padded',
  title: 'A deposit of another amount',
  description: 'One deposit in eight is credited with one minor unit more than was asked for.',
  caught_by: 'effects-as-asked',
  experiment: 'calm',
  replaces: {
    'wallet.ledger': (standard, mark) => ({
      ...standard,
      transfer(request, transfer_id) {
        if (request.kind !== 'deposit') return standard.transfer(request, transfer_id)
        mark('ran')
        if (shardOf(request.key) !== 0) return standard.transfer(request, transfer_id)
        mark('reached')
        return standard.transfer({ ...request, amount_minor: request.amount_minor + 1 }, transfer_id)
      },
    }),
  },
}
