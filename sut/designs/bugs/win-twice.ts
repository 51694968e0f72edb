import { shardOf } from '#sut/contracts/events.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const winTwice: PlantedBug = {
  name: 'win-twice',
  title: 'A win is paid twice',
  description: 'The wallet pays one win in four a second time, under a key of its own.',
  caught_by: 'rounds-ended',
  experiment: 'calm',
  replaces: {
    'wallet.ledger': (standard, mark) => ({
      ...standard,
      async transfer(request, transfer_id) {
        const answer = await standard.transfer(request, transfer_id)
        if (request.kind !== 'win') return answer
        mark('ran')
        if (shardOf(request.key) % 4 !== 0) return answer
        mark('reached')
        return standard.transfer({ ...request, key: `${request.key}:again` })
      },
    }),
  },
}
