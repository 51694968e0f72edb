import type { Database } from '#sut/platform/database.ts'
import type { RoundStore } from './round-store.ts'

/** Every so many rounds of a seed. */
const every = 4
const burn_sql = 'UPDATE seeds SET next_nonce = next_nonce + 1 WHERE seed_id = $1 AND next_nonce = $2 AND NOT ended'

/**
 * PLANTED BUG (design nonce-burned): a house that throws a draw away now and then, as one would that does not like it. The round is
 * drawn again with the next nonce, and every outcome can still be derived.
 */
export const burningNonces = (store: RoundStore, database: Pick<Database, 'query'>): RoundStore => ({
  ...store,
  async open(round) {
    const { seed_id, nonce } = round
    if (nonce % every === every - 1) await database.query(burn_sql, [seed_id, nonce], { name: 'nonce-burn' })
    return store.open(round)
  },
})
