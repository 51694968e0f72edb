import type { SystemEvent } from '#sut/contracts/events.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Role } from '#sut/contracts/roles.ts'
import type { Database } from '#sut/platform/database.ts'
import { appendEvent } from '#sut/platform/outbox.ts'

export interface NewPlayer {
  player_id: string
  name: string
  password_hash: string
  at_ms: number
}

const unique_violation = '23505'

const registeredEvent = ({ player_id, at_ms }: NewPlayer): SystemEvent => ({
  type: 'identity.player_registered',
  id: `identity:${player_id}`,
  occurred_at_ms: at_ms,
  player_id,
})

/** Table players, and the outbox beside it. */
export function playerStore(database: Database) {
  return {
    nameTaken: async (name: string): Promise<boolean> => {
      const rows = await database.query('select 1 from players where lower(name) = lower($1)', [name])
      return rows.length > 0
    },

    /** Throws Problem name_taken. */
    insert: async (player: NewPlayer): Promise<void> => {
      try {
        await database.transaction(async (tx) => {
          await tx.query('insert into players (player_id, name, password_hash) values ($1, $2, $3)', [
            player.player_id,
            player.name,
            player.password_hash,
          ])
          await appendEvent(tx, registeredEvent(player))
        })
      } catch (error) {
        if ((error as { code?: string }).code === unique_violation)
          throw new Problem('name_taken', `the name ${player.name} is taken`, { cause: error })
        throw error
      }
    },

    /** Where the name is taken already, that account stays as it is. */
    insertStaff: async (account: { player_id: string; name: string; password_hash: string; role: Role }) => {
      const { player_id, name, password_hash, role } = account
      await database.query(
        'insert into players (player_id, name, password_hash, role) values ($1, $2, $3, $4) on conflict do nothing',
        [player_id, name, password_hash, role],
      )
    },

    byName: async (name: string): Promise<{ player_id: string; password_hash: string } | undefined> => {
      const rows = await database.query<{ player_id: string; password_hash: string }>(
        'select player_id, password_hash from players where lower(name) = lower($1)',
        [name],
      )
      return rows[0]
    },
  }
}
export type PlayerStore = ReturnType<typeof playerStore>
