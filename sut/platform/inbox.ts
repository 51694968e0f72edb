import type { Transaction } from './database.ts'

// For consumers that store in PostgreSQL. The migration of such a service creates:
//
//   create table inbox (event_id text primary key, at timestamptz not null default now());

/** True for the first time that this event is seen, in the transaction that applies it; false ever after. */
export async function once(tx: Transaction, event_id: string): Promise<boolean> {
  const rows = await tx.query(
    'insert into inbox (event_id) values ($1) on conflict (event_id) do nothing returning event_id',
    [event_id],
    { name: 'inbox-once' },
  )
  return rows.length === 1
}
