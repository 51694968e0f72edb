import type { Clock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Database, Transaction } from '#sut/platform/database.ts'
import { appendEvent } from '#sut/platform/outbox.ts'
import { endLogin, type LoginKey } from './login-end.ts'

interface Parts {
  database: Pick<Database, 'transaction'>
  clock: Pick<Clock, 'wall_ms'>
}
interface Request {
  player_id: string
  operator_id: string
}

/** What an operator may do to a player. Money and open rounds are nobody's business here. Doing it again changes nothing. */
export function operators({ database, clock }: Parts) {
  const change = (suspended: boolean, { player_id, operator_id }: Request) =>
    database.transaction(async (tx) => {
      // The lock: a login that begins now ends before, with what follows, or sees it.
      const [found] = await tx.query<{ suspended: boolean }>(
        `select suspended_at is not null as suspended from players
         where player_id = $1 and role = 'player' for no key update`,
        [player_id],
      )
      if (found === undefined) throw new Problem('not_found', `there is no player ${player_id}`)
      const answer = { player_id, suspended }
      if (found.suspended === suspended) return answer
      await tx.query('update players set suspended_at = case when $2::boolean then now() end where player_id = $1', [
        player_id,
        suspended,
      ])
      const at_ms = clock.wall_ms()
      if (suspended) await endAll(tx, player_id, at_ms)
      const type = suspended ? 'player.suspended' : 'player.reinstated'
      await appendEvent(tx, { type, id: `identity:${newId()}`, occurred_at_ms: at_ms, player_id, operator_id })
      return answer
    })
  return {
    /** Throws Problem not_found. */
    suspend: (request: Request) => change(true, request),
    /** Throws Problem not_found. */
    reinstate: (request: Request) => change(false, request),
  }
}

async function endAll(tx: Transaction, player_id: string, at_ms: number): Promise<void> {
  const logins = await tx.query<LoginKey>(
    'select login_id, player_id from logins where player_id = $1 and ended_at is null and ends_at > now()',
    [player_id],
  )
  for (const login of logins) await endLogin(tx, login, 'suspended', at_ms)
}
