import { pages } from '#lib/pages.ts'
import type { StateLine, StateOf } from '#sut/contracts/state.ts'
import type { Database } from '#sut/platform/database.ts'

type Source = Pick<Database, 'query'>
const page_size = 1000

/** The whole ledger and its outbox, a page of each table in memory at a time. */
export async function* dumpWallet(database: Source): AsyncGenerator<StateLine> {
  yield* accounts(database)
  yield* transfers(database)
  yield* entries(database)
  yield* holds(database)
  yield* outbox(database)
}

interface AccountRow {
  account: string
  balance: bigint
  held: bigint
  version: bigint
}
async function* accounts(database: Source): AsyncGenerator<StateOf<'account'>> {
  const rows = pages<AccountRow>(page_size, (last, size) =>
    database.query(
      'SELECT account, balance, held, version FROM accounts WHERE account > $1 ORDER BY account LIMIT $2',
      [last?.account ?? '', size],
    ),
  )
  for await (const { account, balance, held, version } of rows) {
    const amounts = { balance_minor: Number(balance), held_minor: Number(held) }
    yield { kind: 'account', account, ...amounts, version: Number(version) }
  }
}

interface TransferRow extends Pick<StateOf<'transfer'>, 'key' | 'player_id' | 'round_id' | 'game_id' | 'transfer_id'> {
  kind: StateOf<'transfer'>['transfer_kind']
  amount: bigint
  created_at_ms: number
}
async function* transfers(database: Source): AsyncGenerator<StateOf<'transfer'>> {
  const rows = pages<TransferRow>(page_size, (last, size) =>
    database.query(
      `SELECT transfer_id, key, kind, player_id, amount, round_id, game_id,
         extract(epoch FROM created_at)::double precision * 1000 AS created_at_ms
       FROM transfers WHERE transfer_id > $1 ORDER BY transfer_id LIMIT $2`,
      [last?.transfer_id ?? '', size],
    ),
  )
  for await (const { kind, amount, ...row } of rows)
    yield { kind: 'transfer', transfer_kind: kind, amount_minor: Number(amount), ...row }
}

interface EntryRow {
  account: string
  version: bigint
  transfer_id: string
  amount: bigint
  balance_after: bigint
  hash: string
}
async function* entries(database: Source): AsyncGenerator<StateOf<'entry'>> {
  const rows = pages<EntryRow>(page_size, (last, size) =>
    database.query(
      `SELECT account, version, transfer_id, amount, balance_after, hash FROM entries
       WHERE (account, version) > ($1, $2) ORDER BY account, version LIMIT $3`,
      [last?.account ?? '', last?.version ?? 0n, size],
    ),
  )
  for await (const row of rows)
    yield {
      kind: 'entry',
      account: row.account,
      version: Number(row.version),
      transfer_id: row.transfer_id,
      amount_minor: Number(row.amount),
      balance_after_minor: Number(row.balance_after),
      hash: row.hash,
    }
}

interface HoldRow extends Omit<StateOf<'hold'>, 'kind' | 'amount_minor' | 'captured_minor' | 'version'> {
  amount: bigint
  captured: bigint
  version: bigint
}
async function* holds(database: Source): AsyncGenerator<StateOf<'hold'>> {
  const ms = (instant: string): string => `extract(epoch FROM ${instant})::double precision * 1000`
  const rows = pages<HoldRow>(page_size, (last, size) =>
    database.query(
      `SELECT hold_id, key, player_id, amount, status, captured, transfer_id, version, ${ms('created_at')} AS created_at_ms,
         ${ms('expires_at')} AS expires_at_ms, ${ms('ended_at')} AS ended_at_ms,
         CASE WHEN status = 'open' THEN greatest(0, ${ms('now() - expires_at')}) ELSE 0 END AS overdue_ms
       FROM holds WHERE hold_id > $1 ORDER BY hold_id LIMIT $2`,
      [last?.hold_id ?? '', size],
    ),
  )
  for await (const { amount, captured, version, ...row } of rows) {
    const amounts = { amount_minor: Number(amount), captured_minor: Number(captured) }
    yield { kind: 'hold', ...row, ...amounts, version: Number(version) }
  }
}

interface OutboxRow {
  id: bigint
  event_id: string
  type: string
  published: boolean
}
async function* outbox(database: Source): AsyncGenerator<StateOf<'outbox'>> {
  const rows = pages<OutboxRow>(page_size, (last, size) =>
    database.query(
      `SELECT id, event_id, type, published_at IS NOT NULL AS published FROM outbox
       WHERE id > $1 ORDER BY id LIMIT $2`,
      [last?.id ?? 0n, size],
    ),
  )
  for await (const { event_id, type, published } of rows)
    yield { kind: 'outbox', service: 'wallet', event_id, type, published }
}
