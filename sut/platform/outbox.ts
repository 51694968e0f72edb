import type { SystemEvent } from '#sut/contracts/events.ts'
import type { Transaction } from './database.ts'
import { currentTrace, sampledHeader } from './trace.ts'

// The migration of a service with an outbox creates this table, word by word:
//
//   create table outbox (
//     id bigint generated always as identity primary key,
//     event_id text not null unique,
//     type text not null,
//     player_id text not null,
//     body jsonb not null,
//     created_at timestamptz not null default now(),
//     published_at timestamptz,
//     traceparent text                                -- of what made it true, when that is traced
//   );
//   create index outbox_unpublished on outbox (id) where published_at is null;

/** Appends the event to the outbox in the transaction that makes it true. */
export async function appendEvent(tx: Transaction, event: SystemEvent): Promise<void> {
  await tx.query(
    'insert into outbox (event_id, type, player_id, body, traceparent) values ($1, $2, $3, $4, $5)',
    [event.id, event.type, event.player_id, event, sampledHeader(currentTrace())],
    { name: 'outbox-append' },
  )
}
