import type { Clock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Database } from '#sut/platform/database.ts'
import { appendEvent } from '#sut/platform/outbox.ts'
import { networkOf } from './networks.ts'

export interface AttemptLimits {
  /** Wrong passwords in a row, from one network, that lock a name for that network. */
  in_a_row_max: number
  /** Wrong passwords, from all networks, that lock a name for those from which nobody has logged in to it. */
  name_max: number
  /** The first lock; each further wrong password doubles it, up to `lock_most_ms`. */
  lock_ms: number
  lock_most_ms: number
  /** A wrong password is forgotten after this. */
  forget_ms: number
  /** A network from which the right password came is known for so long, and so many of a name. */
  known_ms: number
  known_max: number
}

export const attemptLimits: AttemptLimits = {
  in_a_row_max: 5,
  name_max: 100,
  lock_ms: 30_000,
  lock_most_ms: 15 * 60_000,
  forget_ms: 60 * 60_000,
  known_ms: 30 * 24 * 60 * 60_000,
  known_max: 10,
}

/** A guess that may be verified. Exactly one of the three, once it has been, or could not be. */
export interface Guess {
  /** `player_id`: who has that name, if anybody has. */
  wrong(player_id?: string): Promise<void>
  right(): Promise<void>
  /** It was not verified. */
  untried(): Promise<void>
}
/** Whom a lock is about whose name nobody has. */
const nobody = 'nobody'

// Whoever guesses locks out himself, not the owner of the name:
//
//   guess ──► counted by name and network, and by name ──► verified      five from one network: it waits, nobody else does
//                 as wrong, until it is known to be right               a hundred from anywhere: who has never been in waits
/** Guesses at passwords, known to all instances. Whether one is too many is decided before its password is looked at. */
export function attempts(
  database: Pick<Database, 'query' | 'transaction'>,
  limits: AttemptLimits,
  clock: Pick<Clock, 'wall_ms'>,
) {
  const { in_a_row_max, name_max, lock_ms, lock_most_ms, forget_ms, known_ms, known_max } = limits
  const locked = async (in_a_row: number, player_id: string): Promise<void> => {
    const event = { type: 'identity.login_locked' as const, occurred_at_ms: clock.wall_ms(), player_id, in_a_row }
    await database.transaction((tx) => appendEvent(tx, { ...event, id: `identity:lock:${newId()}` }))
  }
  return {
    /** Counts a guess at the password of this name. Throws Problem too_many_requests. */
    take: async (name: string, address: string): Promise<Guess> => {
      const network = networkOf(address)
      const times = [lock_ms, lock_most_ms, forget_ms, known_ms]
      const [taken] = await database.query<{ admitted: boolean; locked_at: number | null }>(
        'select * from take_guess(lower($1), $2, $3, $4, $5, $6, $7, $8)',
        [name, network, in_a_row_max, name_max, ...times],
      )
      if (!taken!.admitted) throw new Problem('too_many_requests', 'too many wrong passwords: wait before the next')
      const { locked_at } = taken!
      return {
        wrong: async (player_id = nobody) => {
          if (locked_at !== null) await locked(locked_at, player_id)
        },
        right: async () => {
          const values = [name, network, in_a_row_max, name_max, known_max]
          await database.query('select guessed_right(lower($1), $2, $3, $4, $5)', values)
        },
        untried: async () => {
          await database.query('select give_back_guess(lower($1), $2, $3, $4)', [name, network, in_a_row_max, name_max])
        },
      }
    },
    /** Who chooses a password knows it: his network is known from the registration on. */
    registered: async (name: string, address: string): Promise<void> => {
      await database.query(
        `insert into known_networks (name_key, network) values (lower($1), $2)
         on conflict (name_key, network) do update set last_at = excluded.last_at`,
        [name, networkOf(address)],
      )
    },
    /** Whether somebody with the right password of this name has lately been in from there. */
    known: async (name: string, address: string): Promise<boolean> => {
      const rows = await database.query(
        `select from known_networks where name_key = lower($1) and network = $2
           and last_at > clock_timestamp() - $3 * interval '1 ms'`,
        [name, networkOf(address), known_ms],
      )
      return rows.length > 0
    },
    removeOld: async (): Promise<void> => {
      await database.query(
        `delete from guesses where last_at < now() - $1 * interval '1 ms' and coalesce(locked_until < now(), true)`,
        [forget_ms],
      )
      await database.query(`delete from known_networks where last_at < now() - $1 * interval '1 ms'`, [known_ms])
    },
  }
}
export type Attempts = ReturnType<typeof attempts>
