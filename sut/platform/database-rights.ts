import { createHash } from 'node:crypto'
import type { ServiceName } from '#sut/contracts/descriptor.ts'
import type { Migration } from './migrate.ts'

// What each service may do with the tables of its database, while it serves. It owns none of them: they belong to a role that migrates
// when an instance starts, and does nothing else. So a slip, or a statement that somebody slipped in, can neither change what was
// written once, nor take it away, nor give itself the right to. Columns that are not named are never updated.

/** Relays mark what they have published. */
const outbox = 'select, insert (event_id, type, player_id, body, traceparent), update (published_at)'

export const databaseRights: Partial<Record<ServiceName, Readonly<Record<string, string>>>> = {
  identity: {
    players: 'select, insert, update (suspended_at)',
    logins: 'select, insert, update (ended_at), delete',
    refresh_tokens: 'select, insert, update (used), delete',
    revoked_tokens: 'select, insert, delete',
    guesses: 'select, insert, update, delete',
    known_networks: 'select, insert, update, delete',
    nonces: 'select, insert, update (claim, expires_at), delete',
    token_keys: 'select, insert, delete',
    outbox,
  },
  session: {
    sessions: 'select, insert, update (ended_at, acknowledged_at)',
    care: 'select, insert, update (daily_loss_max, pending_at_ms, pending_max, excluded_until_ms, changed_at)',
    play_days: 'select, insert, update (lost), delete',
    reservations: 'select, insert, update (settled), delete',
    outbox,
  },
  game: {
    rounds: 'select, insert, update (status, balance_after, version, refusal, resolved, resolve_after)',
    // What was promised of a seed stands.
    seeds: 'select, insert, update (next_nonce, ended)',
    outbox,
  },
  wallet: {
    // A new account is empty.
    accounts: 'select, insert (account), update (balance, version, hash, held)',
    transfers: 'select, insert',
    entries: 'select, insert',
    holds: 'select, insert, update (status, captured, transfer_id, ended_at, expire_after)',
    outbox,
  },
  catalog: { game_versions: 'select', games: 'select' },
  telemetry: {
    audit_entries: 'select, insert',
    // One row: how far the trail goes.
    audit_head: 'select, update (sequence, hash)',
  },
}

/** Gives the serving role these rights and no others; once for each table of rights. To be run by the owner, after its migrations. */
export function rightsMigration(service: ServiceName, role: string): Migration {
  const grants = Object.entries(databaseRights[service] ?? {}).map(
    ([table, rights]) => `grant ${rights} on table ${table} to ${role};`,
  )
  const text = [`revoke all on all tables in schema public from ${role};`, ...grants].join('\n')
  return { name: `rights-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`, text }
}
