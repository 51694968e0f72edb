import { pause } from '#lib/wait.ts'
import type { SystemEvent } from '#sut/contracts/events.ts'
import type { Bus } from './bus.ts'
import type { Database } from './database.ts'
import { onAppended } from './outbox.ts'

const batch = 200
/** Between two batches: at a hundred events a second one batch of ten costs a tenth of ten batches of one. */
const gather_ms = 100
/** Without a word of an append in this process (another instance may have appended and died). */
const poll_ms = 1000

interface OutboxRow {
  id: bigint
  body: SystemEvent
}

/**
 *   append (in the transaction that makes it true) ─► outbox row ─► claim ─► publish ─► acknowledged ─► mark
 *
 * Claims whatever is not marked (for update skip locked: relays of several instances share the work), never "the rows after
 * the last one": numbers are taken before commit, so a row with a smaller number can appear later. A relay that dies between
 * publish and mark publishes again: at least once. Bounded by one batch; the table is the queue.
 */
export async function relayOutbox(database: Database, bus: Bus, signal: AbortSignal): Promise<void> {
  let wake: () => void = () => {}
  const forget = onAppended(database, () => wake())
  try {
    while (!signal.aborted) {
      const waking = new AbortController()
      wake = () => waking.abort()
      const count = await relayBatch(database, bus)
      if (count === batch) continue
      await pause(gather_ms, signal).catch(() => {})
      if (count === 0) await pause(poll_ms, AbortSignal.any([signal, waking.signal])).catch(() => {})
    }
  } finally {
    forget()
  }
}

/** How many were published and marked. Throws when one was not taken: the transaction is rolled back, all come again. */
export function relayBatch(database: Database, bus: Pick<Bus, 'publish'>): Promise<number> {
  return database.transaction(async (tx) => {
    const rows = await tx.query<OutboxRow>(
      'select id, body from outbox where published_at is null order by id limit $1 for update skip locked',
      [batch],
      { name: 'outbox-claim' },
    )
    if (rows.length === 0) return 0
    await Promise.all(rows.map(({ body }) => bus.publish(body)))
    await tx.query('update outbox set published_at = now() where id = any($1)', [rows.map(({ id }) => id)], {
      name: 'outbox-mark',
    })
    return rows.length
  })
}

/** Events that nobody has published yet. */
export async function unpublished(database: Database): Promise<number> {
  const rows = await database.query<{ count: bigint }>('select count(*) from outbox where published_at is null')
  return Number(rows[0]?.count ?? 0)
}
