import type { SystemEvent } from '#sut/contracts/events.ts'
import type { Database } from '#sut/platform/database.ts'
import { appendEvent } from '#sut/platform/outbox.ts'
import { assertNotExcluded } from './care.ts'
import { care_columns, careOf, type CareRow } from './care-store.ts'
import type { Session } from './limits.ts'

export interface NewSession {
  session_id: string
  player_id: string
  game_id: string
  opened_at_ms: number
}

const openedEvent = ({ session_id, player_id, game_id, opened_at_ms }: NewSession): SystemEvent => ({
  type: 'session.opened',
  id: `session:${session_id}`,
  occurred_at_ms: opened_at_ms,
  player_id,
  session_id,
  game_id,
})

const endOldest = `
  update sessions set ended_at = to_timestamp($3::float8 / 1000)
  where session_id in (
    select session_id from sessions where player_id = $1 and ended_at is null
    order by opened_at desc, session_id offset $2 for update
  )`

const find = `
  select player_id, game_id, extract(epoch from opened_at)::float8 * 1000 as opened_at_ms,
         extract(epoch from ended_at)::float8 * 1000 as ended_at_ms,
         extract(epoch from acknowledged_at)::float8 * 1000 as acknowledged_at_ms, ${care_columns}
  from sessions left join care using (player_id) where session_id = $1`

/** Table sessions with the care of its players, and the outbox beside it. */
export function sessionStore(database: Database) {
  return {
    /** Opens one and ends the player's oldest beyond `open_max`. Throws Problem self_excluded. */
    open: (session: NewSession, open_max: number): Promise<void> =>
      database.transaction(async (tx) => {
        const { session_id, player_id, game_id, opened_at_ms } = session
        const [care] = await tx.query<CareRow>(`select ${care_columns} from care where player_id = $1`, [player_id])
        if (care !== undefined) assertNotExcluded(careOf(care), opened_at_ms)
        await tx.query(endOldest, [player_id, open_max - 1, opened_at_ms])
        await tx.query(
          'insert into sessions (session_id, player_id, game_id, opened_at) values ($1, $2, $3, to_timestamp($4::float8 / 1000))',
          [session_id, player_id, game_id, opened_at_ms],
        )
        await appendEvent(tx, openedEvent(session))
      }),

    find: async (session_id: string): Promise<Session | undefined> => {
      const [row] = await database.query<Omit<Session, 'care'> & CareRow>(find, [session_id], {
        name: 'session-find',
      })
      if (row === undefined) return undefined
      const { player_id, game_id, opened_at_ms, ended_at_ms, acknowledged_at_ms } = row
      return { player_id, game_id, opened_at_ms, ended_at_ms, acknowledged_at_ms, care: careOf(row) }
    },

    acknowledge: async (session_id: string, at_ms: number): Promise<void> => {
      await database.query(
        'update sessions set acknowledged_at = to_timestamp($2::float8 / 1000) where session_id = $1',
        [session_id, at_ms],
      )
    },
  }
}
export type SessionStore = ReturnType<typeof sessionStore>
