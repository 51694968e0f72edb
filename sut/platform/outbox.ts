import type { SystemEvent } from '#sut/contracts/events.ts'
import type { Database, Transaction } from './database.ts'

// The migration of a service with an outbox creates this table, word by word:
//
//   create table outbox (
//     id bigint generated always as identity primary key,
//     event_id text not null unique,
//     type text not null,
//     player_id text not null,
//     body jsonb not null,
//     created_at timestamptz not null default now(),
//     published_at timestamptz
//   );
//   create index outbox_unpublished on outbox (id) where published_at is null;

const listeners = new WeakMap<Database, () => void>()

/** Tells the relay of this process that a transaction with an event was committed. Returns the way to stop. */
export function onAppended(database: Database, listener: () => void): () => void {
  listeners.set(database, listener)
  return () => listeners.delete(database)
}

/** Appends the event to the outbox in the transaction that makes it true. */
export async function appendEvent(tx: Transaction, event: SystemEvent): Promise<void> {
  await tx.query(
    'insert into outbox (event_id, type, player_id, body) values ($1, $2, $3, $4)',
    [event.id, event.type, event.player_id, event],
    { name: 'outbox-append' },
  )
  tx.afterCommit(() => listeners.get(tx.database)?.())
}
