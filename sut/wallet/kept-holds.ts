import type { Database } from '#sut/platform/database.ts'
import type { Holds } from './holds.ts'

const keep_sql = 'UPDATE accounts SET held = held + $2 WHERE account = $1 AND balance >= held + $2'

/** PLANTED BUG (design hold-kept): the money of a payout that was cancelled stays aside for good, though the hold is released. */
export const keepingHolds = (store: Holds, database: Pick<Database, 'query'>): Holds => ({
  ...store,
  async release(hold) {
    const released = await store.release(hold)
    if (!released.replayed)
      await database.query(keep_sql, [`player:${hold.player_id}`, released.amount_minor], { name: 'hold-keep' })
    return released
  },
})
