import type { StateOf } from '#sut/contracts/state.ts'
import type { Database } from '#sut/platform/database.ts'

const page = 5_000

/** The outbox, a page in memory at a time. */
export async function* outboxLines(database: Pick<Database, 'query'>): AsyncGenerator<StateOf<'outbox'>> {
  let after = 0n
  for (;;) {
    const rows = await database.query<{ id: bigint; event_id: string; type: string; published: boolean }>(
      `select id, event_id, type, published_at is not null as published
       from outbox where id > $1 order by id limit ${page}`,
      [after],
    )
    for (const { event_id, type, published } of rows)
      yield { kind: 'outbox', service: 'session', event_id, type, published }
    if (rows.length < page) return
    after = rows.at(-1)!.id
  }
}
