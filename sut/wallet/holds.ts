import { newId } from '#lib/random.ts'
import type {
  CaptureRequest,
  HoldCaptured,
  HoldPlaced,
  HoldReleased,
  HoldRequest,
  HoldShown,
  HoldStatus,
} from '#sut/contracts/holds.ts'
import { Problem, type ProblemCode } from '#sut/contracts/problems.ts'
import type { DedupeKey } from '#sut/designs/parts.ts'
import type { Database } from '#sut/platform/database.ts'
import { accountOf, againIfTaken, type AccountRow } from './ledger.ts'

/** Whose hold it is. */
export interface HoldName {
  hold_id: string
  player_id: string
}

/** Money on hold, in PostgreSQL: answers after the commit, a round trip each. See migrations/004-holds.sql. */
export interface Holds {
  /** Throws Problem: insufficient_funds, idempotency_conflict, unavailable. */
  place(request: HoldRequest): Promise<HoldPlaced>
  /** Throws Problem: not_found, insufficient_funds (more than the hold), idempotency_conflict (another amount), hold_… */
  capture(hold_id: string, request: CaptureRequest): Promise<HoldCaptured>
  /** Throws Problem: not_found, hold_captured, hold_expired. */
  release(hold: HoldName): Promise<HoldReleased>
  /** Throws Problem not_found. */
  shown(hold: HoldName): Promise<HoldShown>
  /** Open holds whose time is over, at most `limit`; nobody else gets them for `lease_ms`. */
  claim(limit: number, lease_ms: number): Promise<HoldName[]>
  /** Releases a hold whose time is over; false when it has ended otherwise, or has time left. */
  expire(hold: HoldName): Promise<boolean>
  /** Open holds whose time is over. */
  overdue(): Promise<number>
}

const refusals: Partial<Record<ProblemCode, string>> = {
  insufficient_funds: 'what is available is too little for this hold, or the hold for this capture',
  idempotency_conflict: 'this key was used for another hold, or this hold captured with another amount',
  not_found: 'the player has no such hold',
  hold_captured: 'the hold was captured',
  hold_released: 'the hold was released',
  hold_expired: 'the time of the hold is over',
}
const refuse = (code: ProblemCode): never => {
  throw new Problem(code, refusals[code] ?? code)
}

interface PlacedRow extends AccountRow {
  problem: ProblemCode | null
  hold_id: string
  expires_at_ms: bigint
  replayed: boolean
}
interface EndedRow {
  problem: ProblemCode | 'not_over' | null
  amount: bigint
  captured: bigint
  transfer_id: string
  balance: bigint
  version: bigint
  replayed: boolean
}
interface ShownRow extends Pick<HoldShown, 'hold_id' | 'transfer_id'> {
  status: HoldStatus
  amount: bigint
  expires_at_ms: bigint
}

const shown_sql = `SELECT hold_id, status, amount, transfer_id, (extract(epoch FROM expires_at) * 1000)::bigint AS expires_at_ms
  FROM holds WHERE hold_id = $1 AND player_id = $2`
// Without the player's lock, which it must never wait for while it has that of a hold.
const claim_sql = `UPDATE holds SET expire_after = now() + $2 * interval '1 ms' WHERE hold_id = ANY (ARRAY(
    SELECT hold_id FROM holds WHERE status = 'open' AND expire_after <= now()
    ORDER BY expire_after LIMIT $1 FOR UPDATE SKIP LOCKED
  )) RETURNING hold_id, player_id`

export function holds({ database, dedupeKey }: { database: Pick<Database, 'query'>; dedupeKey: DedupeKey }): Holds {
  const end = async ({ hold_id, player_id }: HoldName, how: HoldStatus, amount_minor?: number): Promise<EndedRow> => {
    const values = [hold_id, player_id, how, amount_minor ?? null, how === 'captured' ? newId() : null]
    const [row] = await database.query<EndedRow>('SELECT * FROM end_hold($1, $2, $3, $4, $5)', values, {
      name: 'hold-end',
    })
    return row!
  }
  const mustEnd = async (...ended: Parameters<typeof end>): Promise<EndedRow> => {
    const row = await end(...ended)
    return row.problem === null ? row : refuse(row.problem as ProblemCode)
  }

  return {
    async place({ key, player_id, amount_minor, lasts_ms }) {
      const values = [newId(), key, dedupeKey(key), player_id, amount_minor, lasts_ms]
      const [row] = await againIfTaken(() =>
        database.query<PlacedRow>('SELECT * FROM place_hold($1, $2, $3, $4, $5, $6)', values, { name: 'hold-place' }),
      )
      const { problem, hold_id, expires_at_ms, replayed, ...account } = row!
      if (problem !== null) refuse(problem)
      return { hold_id, amount_minor, expires_at_ms: Number(expires_at_ms), ...accountOf(account), replayed }
    },
    async capture(hold_id, { player_id, amount_minor }) {
      const row = await mustEnd({ hold_id, player_id }, 'captured', amount_minor)
      return {
        hold_id,
        transfer_id: row.transfer_id,
        captured_minor: Number(row.captured),
        balance_minor: Number(row.balance),
        version: Number(row.version),
        replayed: row.replayed,
      }
    },
    async release(hold) {
      const { amount, replayed } = await mustEnd(hold, 'released')
      return { hold_id: hold.hold_id, amount_minor: Number(amount), replayed }
    },
    async shown({ hold_id, player_id }) {
      const [row] = await database.query<ShownRow>(shown_sql, [hold_id, player_id], { name: 'hold-shown' })
      if (row === undefined) return refuse('not_found')
      const { amount, expires_at_ms, ...same } = row
      return { ...same, amount_minor: Number(amount), expires_at_ms: Number(expires_at_ms) }
    },
    claim: (limit, lease_ms) => database.query<HoldName>(claim_sql, [limit, lease_ms], { name: 'hold-claim' }),
    async expire(hold) {
      const { problem, replayed } = await end(hold, 'expired')
      return problem === null && !replayed
    },
    async overdue() {
      const [row] = await database.query<{ count: bigint }>(
        `SELECT count(*) FROM holds WHERE status = 'open' AND expires_at <= now()`,
      )
      return Number(row!.count)
    },
  }
}
