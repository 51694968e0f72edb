import type { NonceClaim } from '#sut/contracts/bodies.ts'
import type { Database } from '#sut/platform/database.ts'

/** Where gateways agree on nonces when Redis cannot be reached. */
export const nonceClaims = (database: Pick<Database, 'query'>) => ({
  /** Whether the nonce is this claim's: true for the first one, also when it asks again because its answer was lost. */
  claim: async ({ key, claim, ttl_ms }: NonceClaim): Promise<boolean> => {
    const own = await database.query(
      `insert into nonces (key, claim, expires_at) values ($1, $2, clock_timestamp() + $3 * interval '1 ms')
       on conflict (key) do update set claim = excluded.claim, expires_at = excluded.expires_at
         where nonces.claim = excluded.claim or nonces.expires_at < clock_timestamp()
       returning key`,
      [key, claim, ttl_ms],
    )
    return own.length > 0
  },
  removeOld: async (): Promise<void> => {
    await database.query('delete from nonces where expires_at < clock_timestamp()')
  },
})
