import type { PlantedBug } from '../planted-bug.ts'

const keep_sql = 'UPDATE accounts SET held = held + $2 WHERE account = $1 AND balance >= held + $2 RETURNING account'

export const holdKept: PlantedBug = {
  name: 'hold-kept',
  title: 'A cancelled payout keeps its money',
  description: 'The wallet releases the hold of a payout that is cancelled, and leaves its money aside for good.',
  caught_by: 'holds-end',
  experiment: 'contention',
  replaces: {
    'wallet.release-hold': (standard, mark, tools) => async (hold) => {
      mark('ran')
      const released = await standard(hold)
      if (released.replayed) return released
      const kept = await tools.query(keep_sql, [`player:${hold.player_id}`, released.amount_minor])
      if (kept.length > 0) mark('reached')
      return released
    },
  },
}
