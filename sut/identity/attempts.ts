import type { Clock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Database } from '#sut/platform/database.ts'
import { appendEvent } from '#sut/platform/outbox.ts'

export interface AttemptLimits {
  /** Wrong passwords in a row that lock a name. */
  in_a_row_max: number
  /** The first lock; each further wrong password doubles it, up to `lock_most_ms`. */
  lock_ms: number
  lock_most_ms: number
  /** A wrong password is forgotten after this. */
  forget_ms: number
}

export const attemptLimits: AttemptLimits = {
  in_a_row_max: 5,
  lock_ms: 30_000,
  lock_most_ms: 15 * 60_000,
  forget_ms: 60 * 60_000,
}

/** Far beyond `lock_most_ms`, and far below what overflows. */
const doublings_max = 30
const failed_sql = `
  insert into failed_logins as known (name_key, in_a_row, last_at) values (lower($1), 1, now())
  on conflict (name_key) do update set
    in_a_row = known.in_a_row + 1,
    last_at = now(),
    locked_until = case when known.in_a_row + 1 >= $2
      then now() + least($3 * power(2, least(known.in_a_row + 1 - $2, ${doublings_max})), $4) * interval '1 ms' end
  returning in_a_row, locked_until is not null as locked`
/** Whom a lock is about whose name nobody has. */
const nobody = 'nobody'

/** Wrong passwords by name, known to all instances. A locked name is refused before its password is looked at. */
export function attempts(
  database: Pick<Database, 'query' | 'transaction'>,
  limits: AttemptLimits,
  clock: Pick<Clock, 'wall_ms'>,
) {
  const { in_a_row_max, lock_ms, lock_most_ms, forget_ms } = limits
  return {
    /** Throws Problem too_many_requests; else whether there is something to forget when the password is right. */
    assertOpen: async (name: string): Promise<boolean> => {
      const [found] = await database.query<{ locked: boolean | null }>(
        'select locked_until > now() as locked from failed_logins where name_key = lower($1)',
        [name],
      )
      if (found?.locked === true)
        throw new Problem('too_many_requests', 'too many wrong passwords: wait before the next')
      return found !== undefined
    },
    /** `player_id`: who has that name, if anybody has. */
    failed: async (name: string, player_id: string = nobody): Promise<void> => {
      await database.transaction(async (tx) => {
        await tx.query(
          `delete from failed_logins where name_key = lower($1) and last_at < now() - $2 * interval '1 ms'`,
          [name, forget_ms],
        )
        const values = [name, in_a_row_max, lock_ms, lock_most_ms]
        const [counted] = await tx.query<{ in_a_row: number; locked: boolean }>(failed_sql, values)
        if (counted?.locked !== true) return
        const { in_a_row } = counted
        const id = `identity:lock:${newId()}`
        await appendEvent(tx, {
          type: 'identity.login_locked',
          id,
          occurred_at_ms: clock.wall_ms(),
          player_id,
          in_a_row,
        })
      })
    },
    forget: async (name: string): Promise<void> => {
      await database.query('delete from failed_logins where name_key = lower($1)', [name])
    },
    removeOld: async (): Promise<void> => {
      await database.query(
        `delete from failed_logins where last_at < now() - $1 * interval '1 ms' and coalesce(locked_until < now(), true)`,
        [forget_ms],
      )
    },
  }
}
export type Attempts = ReturnType<typeof attempts>
