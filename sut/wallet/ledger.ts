import type { Clock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import type { TransferAnswer, TransferRequest } from '#sut/contracts/bodies.ts'
import type { AccountShown } from '#sut/contracts/holds.ts'
import { Problem, type ProblemCode } from '#sut/contracts/problems.ts'
import type { DedupeKey } from '#sut/designs/parts.ts'
import type { Database } from '#sut/platform/database.ts'
import { currentTrace, sampledHeader } from '#sut/platform/trace.ts'

/** What the routes need; how an answer relates to the commit is the implementation's business. */
export interface Transfers {
  /** Throws Problem: insufficient_funds, idempotency_conflict, rolled_back, already_won, not_found, forbidden, unavailable. */
  transfer(request: TransferRequest): Promise<TransferAnswer>
  /** All 0 for an account that nobody has paid into yet. */
  balance(player_id: string): Promise<AccountShown>
}

/** The ledger in PostgreSQL: answers after the commit. One round trip per transfer: see migrations/003-held-money.sql. */
export interface Ledger extends Transfers {
  transfer(request: TransferRequest, transfer_id?: string): Promise<TransferAnswer>
  /** Whether a transfer with this dedupe key is stored. */
  has(dedupe_key: string): Promise<boolean>
  readonly dedupeKey: DedupeKey
}

interface TransferRow {
  problem: ProblemCode | null
  transfer_id: string
  balance: bigint
  version: bigint
  replayed: boolean
}
const transfer_sql = 'SELECT * FROM transfer($1, $2, $3, $4, $5, $6, $7, $8, $9)'
// Its event carries the trace (migrations/005-traces.sql). The first value depends on the setting, so the setting comes first.
const traced_sql = `SELECT moved.* FROM set_config('slot.traceparent', $10, true) AS traced,
  LATERAL transfer(CASE WHEN traced = $10 THEN $1 END, $2, $3, $4, $5, $6, $7, $8, $9) AS moved`

interface Parts {
  database: Pick<Database, 'query'>
  clock: Clock
  dedupeKey: DedupeKey
}

const refusals: Partial<Record<ProblemCode, string>> = {
  insufficient_funds: 'what is available of the balance is too little for this transfer',
  idempotency_conflict: 'this key was used for another transfer',
  rolled_back: 'the bet of this round was rolled back',
  already_won: 'the round was won: its bet cannot be rolled back',
  not_found: 'there is no bet of this round',
  forbidden: 'the round is of another player',
}

export function ledger({ database, clock, dedupeKey }: Parts): Ledger {
  const apply = async (request: TransferRequest, transfer_id: string): Promise<TransferRow> => {
    const { key, kind, player_id, amount_minor, round_id, game_id } = request
    const values = [
      transfer_id,
      key,
      dedupeKey(key),
      kind,
      player_id,
      amount_minor,
      round_id ?? null,
      game_id ?? null,
      clock.wall_ms(),
    ]
    const header = sampledHeader(currentTrace())
    const [row] =
      header === null
        ? await database.query<TransferRow>(transfer_sql, values, { name: 'wallet-transfer' })
        : await database.query<TransferRow>(traced_sql, [...values, header], { name: 'wallet-transfer-traced' })
    return row!
  }

  return {
    dedupeKey,
    async transfer(request, transfer_id = newId()) {
      // Two players with one key do not wait for each other: the unique index stops the second, which then finds the first.
      const row = await againIfTaken(() => apply(request, transfer_id))
      if (row.problem !== null) throw new Problem(row.problem, refusals[row.problem] ?? row.problem)
      return {
        transfer_id: row.transfer_id,
        balance_minor: Number(row.balance),
        version: Number(row.version),
        replayed: row.replayed,
      }
    },
    async has(dedupe_key) {
      const found = await database.query('SELECT FROM transfers WHERE dedupe_key = $1', [dedupe_key], {
        name: 'wallet-has',
      })
      return found.length > 0
    },
    async balance(player_id) {
      const [account] = await database.query<AccountRow>(
        'SELECT balance, held, version FROM accounts WHERE account = $1',
        [`player:${player_id}`],
        { name: 'wallet-balance' },
      )
      return accountOf(account ?? { balance: 0n, held: 0n, version: 0n })
    },
  }
}

export interface AccountRow {
  balance: bigint
  held: bigint
  version: bigint
}
export const accountOf = ({ balance, held, version }: AccountRow): AccountShown => ({
  balance_minor: Number(balance),
  held_minor: Number(held),
  available_minor: Number(balance - held),
  version: Number(version),
})

/** Who was refused by a unique index finds, the second time, the row that was there before. */
export const againIfTaken = <T>(apply: () => Promise<T>): Promise<T> =>
  apply().catch((error: unknown) => {
    if (sqlStateOf(error) !== '23505') throw error
    return apply()
  })

/** SQLSTATE of a PostgreSQL error; 23505: a unique index refused a row. */
const sqlStateOf = (error: unknown): unknown => (error instanceof Error ? Reflect.get(error, 'code') : undefined)
