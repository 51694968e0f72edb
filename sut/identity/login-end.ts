import type { LogoutCause } from '#sut/contracts/events.ts'
import type { Transaction } from '#sut/platform/database.ts'
import { appendEvent } from '#sut/platform/outbox.ts'

export interface LoginKey {
  login_id: string
  player_id: string
}

/**
 * Ends a login; one that has ended stays so, without an event. What no request may use any more is kept until it would have ended
 * by itself.
 */
export async function endLogin(
  tx: Transaction,
  { login_id, player_id }: LoginKey,
  cause: LogoutCause,
  at_ms: number,
): Promise<void> {
  const [{ ended }] = (await tx.query<{ ended: bigint }>(
    `with ended as (delete from refresh_tokens where login_id = $1 returning jti, access_until),
       revoked as (
         insert into revoked_tokens select jti, access_until from ended where access_until > now()
         on conflict do nothing
       )
     select count(*) as ended from ended`,
    [login_id],
  )) as [{ ended: bigint }]
  if (ended === 0n) return
  const id = `identity:logout:${login_id}`
  await appendEvent(tx, { type: 'identity.logged_out', id, occurred_at_ms: at_ms, player_id, login_id, cause })
}
