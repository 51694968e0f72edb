import type { SystemEvent } from '#sut/contracts/events.ts'
import type { Database } from '#sut/platform/database.ts'
import { appendEvent } from '#sut/platform/outbox.ts'
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
  )
  returning session_id`

/** Table sessions, and the outbox beside it. */
export function sessionStore(database: Database) {
  return {
    /** Opens one and ends the player's oldest beyond `open_max`: their ids. */
    open: (session: NewSession, open_max: number): Promise<string[]> =>
      database.transaction(async (tx) => {
        const { session_id, player_id, game_id, opened_at_ms } = session
        const ended = await tx.query<{ session_id: string }>(endOldest, [player_id, open_max - 1, opened_at_ms])
        await tx.query(
          'insert into sessions (session_id, player_id, game_id, opened_at) values ($1, $2, $3, to_timestamp($4::float8 / 1000))',
          [session_id, player_id, game_id, opened_at_ms],
        )
        await appendEvent(tx, openedEvent(session))
        return ended.map((row) => row.session_id)
      }),

    find: async (session_id: string): Promise<Session | undefined> => {
      const rows = await database.query<Session>(
        `select player_id, game_id, extract(epoch from opened_at)::float8 * 1000 as opened_at_ms,
                extract(epoch from ended_at)::float8 * 1000 as ended_at_ms
         from sessions where session_id = $1`,
        [session_id],
      )
      return rows[0]
    },
  }
}
export type SessionStore = ReturnType<typeof sessionStore>
