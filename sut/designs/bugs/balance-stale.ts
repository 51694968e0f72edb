import type { AccountShown } from '#sut/contracts/holds.ts'
import type { PlantedBug } from '../planted-bug.ts'

const kept_ms = 3_000

export const balanceStale: PlantedBug = {
  name: 'balance-stale',
  title: 'The wallet answers balances from a cache of three seconds',
  description:
    'Each instance of the wallet keeps a balance that it has read for three seconds, whatever is moved meanwhile.',
  caught_by: 'reads-committed',
  experiment: 'fresh-reads',
  replaces: {
    'wallet.ledger': (standard, mark, { clock }) => {
      const kept = new Map<string, { shown: AccountShown; until_ms: number }>()
      return {
        ...standard,
        async balance(player_id) {
          mark('ran')
          const known = kept.get(player_id)
          const fresh = await standard.balance(player_id)
          if (known !== undefined && known.until_ms > clock.monotonic_ms()) {
            if (known.shown.version !== fresh.version) mark('reached')
            return known.shown
          }
          kept.set(player_id, { shown: fresh, until_ms: clock.monotonic_ms() + kept_ms })
          return fresh
        },
      }
    },
  },
}
