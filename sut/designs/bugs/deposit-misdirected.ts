import { shardOf } from '#sut/contracts/events.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const depositMisdirected: PlantedBug = {
  name: 'deposit-misdirected',
  title: 'A deposit is credited to another player',
  description:
    'One deposit in eight goes to the account of whoever paid in before, and its player is told that it was made.',
  caught_by: 'effects-as-asked',
  experiment: 'calm',
  replaces: {
    'wallet.ledger': (standard, mark) => {
      let before: string | undefined
      return {
        ...standard,
        transfer(request, transfer_id) {
          if (request.kind !== 'deposit') return standard.transfer(request, transfer_id)
          mark('ran')
          const other = before
          before = request.player_id
          if (shardOf(request.key) !== 0 || other === undefined || other === request.player_id)
            return standard.transfer(request, transfer_id)
          mark('reached')
          return standard.transfer({ ...request, player_id: other }, transfer_id)
        },
      }
    },
  },
}
