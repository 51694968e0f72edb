import { pages } from '#lib/pages.ts'
import { type AuditEntry, type AuditFact, type AuditHead, auditStart, chainOf } from '#sut/contracts/audit.ts'
import type { StateLine } from '#sut/contracts/state.ts'
import type { Database, Transaction } from '#sut/platform/database.ts'

type Source = Pick<Database, 'query'>
type EntryRow = Omit<AuditEntry, 'sequence'> & { sequence: bigint }

const page_size = 1_000
const columns = 'sequence, event_id, occurred_at_ms, kind, subject, details, previous_hash, hash'
const insert = `
  insert into audit_entries (${columns}) select ${columns} from jsonb_to_recordset($1::jsonb) as entry (
    sequence bigint, event_id text, occurred_at_ms double precision, kind text, subject text, details jsonb,
    previous_hash text, hash text)`

/** Tables audit_entries and audit_head. */
export function auditStore(database: Pick<Database, 'query' | 'transaction'>) {
  return {
    /**
     * Appends the facts whose events have no entry yet: how many. The lock of the head lets one instance append at a time, and
     * makes what was asked before the insert still true then. A batch costs as many round trips as one fact.
     */
    append: (facts: readonly AuditFact[]): Promise<number> =>
      database.transaction(async (tx) => {
        const head = headOf(await tx.query<HeadRow>('select sequence, hash from audit_head for update'))
        const entries = chainOf(head, await unknownOf(tx, facts))
        const last = entries.at(-1)
        if (last === undefined) return 0
        await tx.query(insert, [JSON.stringify(entries)], { name: 'audit-append' })
        await tx.query('update audit_head set sequence = $1, hash = $2', [last.sequence, last.hash])
        return entries.length
      }),

    head: (): Promise<AuditHead> => readHead(database),
    page: (after: number, limit: number): Promise<AuditEntry[]> => readPage(database, BigInt(after), limit),
    lines: () => auditLines(database),
  }
}
export type AuditStore = ReturnType<typeof auditStore>

/** The first of each event that has no entry. */
async function unknownOf(tx: Transaction, facts: readonly AuditFact[]): Promise<AuditFact[]> {
  const rows = await tx.query<{ event_id: string }>(
    'select event_id from audit_entries where event_id = any($1)',
    [facts.map(({ event_id }) => event_id)],
    { name: 'audit-known' },
  )
  const known = new Set(rows.map(({ event_id }) => event_id))
  return facts.filter(({ event_id }) => !known.has(event_id) && known.add(event_id))
}

interface HeadRow {
  sequence: bigint
  hash: string
}
const headOf = ([row]: readonly HeadRow[]): AuditHead =>
  row === undefined ? auditStart : { sequence: Number(row.sequence), hash: row.hash }

const readHead = async (database: Source): Promise<AuditHead> =>
  headOf(await database.query<HeadRow>('select sequence, hash from audit_head'))

async function readPage(database: Source, after: bigint, limit: number): Promise<AuditEntry[]> {
  const rows = await database.query<EntryRow>(
    `select ${columns} from audit_entries where sequence > $1 order by sequence limit $2`,
    [after, limit],
    { name: 'audit-page' },
  )
  return rows.map((row) => ({ ...row, sequence: Number(row.sequence) }))
}

/** The head, and what leads up to it: what is appended meanwhile is left for the next time. */
async function* auditLines(database: Source): AsyncGenerator<StateLine> {
  const head = await readHead(database)
  yield { kind: 'audit_head', head }
  const entries = pages<AuditEntry>(page_size, (last, size) => readPage(database, BigInt(last?.sequence ?? 0), size))
  for await (const entry of entries) {
    if (entry.sequence > head.sequence) return
    yield { kind: 'audit', entry }
  }
}
