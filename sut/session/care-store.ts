import { newId } from '#lib/random.ts'
import type { RoundEnded, SystemEvent } from '#sut/contracts/events.ts'
import type { ProblemCode } from '#sut/contracts/problems.ts'
import type { Database, Transaction } from '#sut/platform/database.ts'
import { appendEvent } from '#sut/platform/outbox.ts'
import { dayOf, no_care, type Care } from './care.ts'

export interface Stake {
  player_id: string
  round_id: string
  stake_minor: number
}

/** Columns of table care, by their names in a query; all null where the player has no row. */
export interface CareRow {
  daily_loss_max: bigint | null
  pending_at_ms: bigint | null
  pending_max: bigint | null
  excluded_until_ms: bigint | null
}
export const care_columns = 'daily_loss_max, pending_at_ms, pending_max, excluded_until_ms'

/** Tables care, play_days and reservations, and the outbox beside them. */
export function careStore(database: Database) {
  const find = async (source: Pick<Database, 'query'> | Transaction, player_id: string, lock = ''): Promise<Care> => {
    const [row] = await source.query<CareRow>(`select ${care_columns} from care where player_id = $1 ${lock}`, [
      player_id,
    ])
    return row === undefined ? no_care : careOf(row)
  }

  return {
    find: (player_id: string): Promise<Care> => find(database, player_id),

    /**
     * Puts what `change` makes of a player's care into the place of what is, with the event that it names: undefined when nothing
     * changes. One change of a player at a time.
     */
    change: <Changed extends Care>(
      player_id: string,
      change: (care: Care) => Changed,
      eventOf: (before: Care, after: Changed) => SystemEvent | undefined,
    ): Promise<Changed> =>
      database.transaction(async (tx) => {
        await tx.query('insert into care (player_id) values ($1) on conflict do nothing', [player_id])
        const before = await find(tx, player_id, 'for update')
        const after = change(before)
        await tx.query(
          `update care set daily_loss_max = $2, pending_at_ms = $3, pending_max = $4, excluded_until_ms = $5, changed_at = now()
           where player_id = $1`,
          [
            player_id,
            after.daily_loss_max_minor,
            after.pending?.effective_at_ms ?? null,
            after.pending?.daily_loss_max_minor ?? null,
            after.excluded_until_ms,
          ],
        )
        const event = eventOf(before, after)
        if (event !== undefined) await appendEvent(tx, event)
        return after
      }),

    lostOn: async (player_id: string, at_ms: number): Promise<number> => {
      const [row] = await database.query<{ lost: bigint }>(
        'select lost from play_days where player_id = $1 and day = $2',
        [player_id, dayOf(at_ms)],
      )
      return Number(row?.lost ?? 0)
    },

    /** Counts a stake against the limit of the day, once a round: the problem when it may not be bet. */
    reserve: async ({ round_id, player_id, stake_minor }: Stake, at_ms: number) => {
      const [row] = await database.query<{ problem: ProblemCode | null; reserved: boolean }>(
        'select * from reserve_stake($1, $2, $3, $4, $5)',
        [round_id, player_id, stake_minor, at_ms, dayOf(at_ms)],
        { name: 'care-reserve' },
      )
      return row!
    },

    /** Of these players those that have ever asked for care. */
    among: async (player_ids: readonly string[]): Promise<Set<string>> => {
      const rows = await database.query<{ player_id: string }>('select player_id from care where player_id = any($1)', [
        player_ids,
      ])
      return new Set(rows.map(({ player_id }) => player_id))
    },

    /** Gives back what an ended round gives back; once, however often it is told. */
    settle: async ({ round_id, player_id, status, win_minor, occurred_at_ms }: RoundEnded): Promise<void> => {
      await database.query(
        'select settle_round($1, $2, $3, $4)',
        [round_id, player_id, status === 'completed' ? win_minor : null, dayOf(occurred_at_ms)],
        { name: 'care-settle' },
      )
    },
  }
}
export type CareStore = ReturnType<typeof careStore>

export function careOf({ daily_loss_max, pending_at_ms, pending_max, excluded_until_ms }: CareRow): Care {
  const number = (value: bigint | null): number | null => (value === null ? null : Number(value))
  return {
    daily_loss_max_minor: number(daily_loss_max),
    pending:
      pending_at_ms === null
        ? null
        : { daily_loss_max_minor: number(pending_max), effective_at_ms: Number(pending_at_ms) },
    excluded_until_ms: number(excluded_until_ms),
  }
}

export const limitEvent = (
  player_id: string,
  daily_loss_max_minor: number | null,
  effective_at_ms: number,
  occurred_at_ms: number,
): SystemEvent => ({
  type: 'limit.changed',
  id: `limit:${newId()}`,
  occurred_at_ms,
  player_id,
  daily_loss_max_minor,
  effective_at_ms,
})

export const excludedEvent = (player_id: string, until_ms: number, occurred_at_ms: number): SystemEvent => ({
  type: 'player.excluded',
  id: `exclusion:${newId()}`,
  occurred_at_ms,
  player_id,
  until_ms,
})
