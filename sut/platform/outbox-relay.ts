import { pause } from '#lib/wait.ts'
import type { SystemEvent } from '#sut/contracts/events.ts'
import type { Bus } from './bus.ts'
import type { Database, Transaction } from './database.ts'
import { hopIn, withTrace } from './trace.ts'

const batch = 200
/** Between two batches: at a hundred events a second one batch of thirty costs a fraction of thirty batches of one. */
const gather_ms = 300
/** An idle relay asks less and less often, down to this. */
const idle_ms = 500

interface OutboxRow {
  id: bigint
  body: SystemEvent
  traceparent: string | null
}

/**
 *   append (in the transaction that makes it true) ─► outbox row ─► claim ─► publish ─► acknowledged ─► mark
 *
 * Claims whatever is not marked (for update skip locked: relays of several instances share the work), never "the rows after
 * the last one": numbers are taken before commit, so a row with a smaller number can appear later. A relay that dies between
 * publish and mark publishes again: at least once. Bounded by one batch; the table is the queue.
 */
export async function relayOutbox(database: Database, bus: Pick<Bus, 'publish'>, signal: AbortSignal): Promise<void> {
  let wait_ms = gather_ms
  while (!signal.aborted) {
    const count = await relayBatch(database, bus)
    if (count === batch) continue
    wait_ms = count > 0 ? gather_ms : Math.min(wait_ms * 2, idle_ms)
    await pause(wait_ms, signal).catch(() => {})
  }
}

/**
 * How many were published and marked. Throws when one was not taken: the transaction is rolled back, all come again. The
 * marks are relaxed: a crash that takes them back has the events published once more.
 */
export function relayBatch(database: Database, bus: Pick<Bus, 'publish'>): Promise<number> {
  const work = async (tx: Transaction): Promise<number> => {
    const rows = await tx.query<OutboxRow>(
      'select id, body, traceparent from outbox where published_at is null order by id limit $1 for update skip locked',
      [batch],
      { name: 'outbox-claim' },
    )
    if (rows.length === 0) return 0
    await Promise.all(rows.map(({ body, traceparent }) => withTrace(hopIn(traceparent), () => bus.publish(body))))
    await tx.query('update outbox set published_at = now() where id = any($1)', [rows.map(({ id }) => id)], {
      name: 'outbox-mark',
    })
    return rows.length
  }
  return database.transaction(work, { relaxed: true })
}

/** Events that nobody has published yet. */
export async function unpublished(database: Database): Promise<number> {
  const rows = await database.query<{ count: bigint }>('select count(*) from outbox where published_at is null')
  return Number(rows[0]?.count ?? 0)
}
