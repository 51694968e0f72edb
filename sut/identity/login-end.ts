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
  // A statement of its own: it waits for a refresh that is under way, and the next one sees the tokens that this has given.
  const [ended] = await tx.query(
    'update logins set ended_at = now() where login_id = $1 and ended_at is null returning login_id',
    [login_id],
  )
  if (ended === undefined) return
  await tx.query(
    `with ended as (delete from refresh_tokens where login_id = $1 returning jti, access_until)
     insert into revoked_tokens select jti, access_until from ended where access_until > now() - ${clocks_sql}
     on conflict do nothing`,
    [login_id],
  )
  const id = `identity:logout:${login_id}`
  await appendEvent(tx, { type: 'identity.logged_out', id, occurred_at_ms: at_ms, player_id, login_id, cause })
}

/** A token is as old as the clocks of who signed it and who verifies it say: so far they may be from that of the database. */
export const clocks_sql = `interval '60 s'`
