import { hash } from 'node:crypto'
import { Type, type Static } from 'typebox'
import type { SystemEvent } from './events.ts'

// The audit trail: what must be provable later, one entry an event, each bound to the one before it by its hash. Whoever has two
// entries, or one and the head of another day, can tell whether anything between them was changed, left out or put in.
export const auditEntry = Type.Object({
  sequence: Type.Integer({ minimum: 1 }), // 1, 2, 3 … without gaps
  event_id: Type.String(),
  occurred_at_ms: Type.Number(),
  kind: Type.String(),
  /** Whom it is about: a player's, operator's or auditor's id. */
  subject: Type.String(),
  details: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
  /** Of the entry before it; '' for the first. */
  previous_hash: Type.String(),
  /** hex(SHA-256(JSON [sequence, event_id, occurred_at_ms, kind, subject, [[name, value] …] sorted by name, previous_hash])). */
  hash: Type.String(),
})
/** The newest entry; sequence 0 and hash '' before the first. */
export const auditHead = Type.Object({ sequence: Type.Integer({ minimum: 0 }), hash: Type.String() })

export type AuditEntry = Static<typeof auditEntry>
export type AuditHead = Static<typeof auditHead>
export type AuditFact = Omit<AuditEntry, 'sequence' | 'previous_hash' | 'hash'>

type Envelope = 'id' | 'occurred_at_ms' | 'player_id' | 'type'
type Audited = {
  readonly [Kind in SystemEvent['type']]?: readonly Exclude<keyof Extract<SystemEvent, { type: Kind }>, Envelope>[]
}

/** Which events become an entry, and which of their fields it shows: named one by one, so that no secret gets in by itself. */
export const audited: Audited = {
  'wallet.transferred': [
    'transfer_id',
    'kind',
    'amount_minor',
    'balance_after_minor',
    'version',
    'round_id',
    'game_id',
  ],
  'wallet.hold_placed': ['hold_id', 'amount_minor', 'expires_at_ms'],
  'wallet.hold_captured': ['hold_id', 'amount_minor', 'captured_minor', 'transfer_id'],
  'wallet.hold_released': ['hold_id', 'amount_minor'],
  'wallet.hold_expired': ['hold_id', 'amount_minor'],
  'identity.logged_in': ['login_id', 'role'],
  'identity.login_locked': ['in_a_row'],
  'identity.logged_out': ['login_id', 'cause'],
  'limit.changed': ['daily_loss_max_minor', 'effective_at_ms'],
  'player.excluded': ['until_ms'],
  'player.suspended': ['operator_id'],
  'player.reinstated': ['operator_id'],
}

export const auditStart: AuditHead = { sequence: 0, hash: '' }

/** What the trail says of an event; undefined for one that it does not keep. */
export function factOf(event: SystemEvent): AuditFact | undefined {
  const fields: readonly string[] | undefined = audited[event.type]
  if (fields === undefined) return undefined
  const values = fields.map((name): [string, unknown] => [name, Reflect.get(event, name)])
  const { id: event_id, occurred_at_ms, type: kind, player_id: subject } = event
  const details = Object.fromEntries(values.filter(([, value]) => value !== undefined)) as AuditFact['details']
  return { event_id, occurred_at_ms, kind, subject, details }
}

/** The entries that follow the head. */
export function chainOf(head: AuditHead, facts: readonly AuditFact[]): AuditEntry[] {
  let last = head
  return facts.map((fact) => {
    const unsealed = { ...fact, sequence: last.sequence + 1, previous_hash: last.hash }
    const entry = { ...unsealed, hash: auditHash(unsealed) }
    last = entry
    return entry
  })
}

export function auditHash(entry: Omit<AuditEntry, 'hash'>): string {
  const { sequence, event_id, occurred_at_ms, kind, subject, details, previous_hash } = entry
  // Sorted: a store may give the names back in another order.
  const sorted = Object.entries(details).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return hash('sha256', JSON.stringify([sequence, event_id, occurred_at_ms, kind, subject, sorted, previous_hash]))
}

export interface AuditBreak {
  text: string
  at: AuditEntry
  before: AuditEntry | undefined
}

/** The first entry, in the order in which they come, that does not follow from the one before it; null: the chain holds. */
export function firstAuditBreak(entries: readonly AuditEntry[], head: AuditHead = auditStart): AuditBreak | null {
  let last = head
  let before: AuditEntry | undefined
  for (const at of entries) {
    const text = breakText(last, at)
    if (text !== null) return { text, at, before }
    last = before = at
  }
  return null
}

function breakText(last: AuditHead, at: AuditEntry): string | null {
  const expected = last.sequence + 1
  if (at.sequence < expected) return `entry ${at.sequence} is there twice`
  if (at.sequence > expected) return `entry ${expected} is missing`
  if (at.previous_hash !== last.hash) return `entry ${at.sequence} does not continue the entry before it`
  return auditHash(at) === at.hash ? null : `the hash of entry ${at.sequence} does not follow from its content`
}
