import { shardOf } from '#sut/contracts/events.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const refusedWithoutReason: PlantedBug = {
  name: 'refused-without-reason',
  title: 'Bets are refused without a reason',
  description: 'One bet in sixteen is answered insufficient_funds, however much there is.',
  caught_by: 'refusals-justified',
  experiment: 'contention',
  replaces: {
    'wallet.ledger': (standard, mark) => ({
      ...standard,
      async transfer(request, transfer_id) {
        if (request.kind !== 'bet') return standard.transfer(request, transfer_id)
        mark('ran')
        if (shardOf(request.key) !== 0 || shardOf(`${request.key} again`) % 2 !== 0)
          return standard.transfer(request, transfer_id)
        mark('reached')
        throw new Problem('insufficient_funds', 'what is available of the balance is too little for this transfer')
      },
    }),
  },
}
