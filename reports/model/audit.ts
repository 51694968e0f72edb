import type { AuditEntry } from '#sut/contracts/audit.ts'
import { sha256 } from './outcome.ts'

// The chain of the audit trail, from the description in the contract (sut/contracts/audit.ts), by an implementation of its own.

/** hex(SHA-256(JSON [sequence, event_id, occurred_at_ms, kind, subject, [[name, value] …] sorted by name, previous_hash])). */
export function auditEntryHash(entry: Omit<AuditEntry, 'hash'>): string {
  const names = Object.keys(entry.details).toSorted((one, other) => (one < other ? -1 : 1))
  const details = names.map((name) => [name, entry.details[name]])
  const { sequence, event_id, occurred_at_ms, kind, subject, previous_hash } = entry
  return sha256(JSON.stringify([sequence, event_id, occurred_at_ms, kind, subject, details, previous_hash]))
}

export interface ChainBreak {
  text: string
  at: AuditEntry
  before: AuditEntry | undefined
}

/** The first of these entries, ordered by sequence, that does not follow from the one before it. */
export function chainBreakOf(entries: readonly AuditEntry[]): ChainBreak | null {
  for (const [index, at] of entries.entries()) {
    const before = entries[index - 1]
    const text = breakText(before, at)
    if (text !== null) return { text, at, before }
  }
  return null
}

function breakText(before: AuditEntry | undefined, at: AuditEntry): string | null {
  const expected = (before?.sequence ?? 0) + 1
  if (at.sequence !== expected)
    return at.sequence < expected ? `entry ${at.sequence} is there twice` : `entry ${expected} is missing`
  if (at.previous_hash !== (before?.hash ?? '')) return `entry ${at.sequence} does not continue the entry before it`
  return auditEntryHash(at) === at.hash ? null : `the hash of entry ${at.sequence} does not follow from its content`
}
