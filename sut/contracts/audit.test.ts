import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AuditEntry, type AuditFact, auditStart, chainOf, factOf, firstAuditBreak } from './audit.ts'
import type { SystemEvent } from './events.ts'

const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }))
const fact: fc.Arbitrary<AuditFact> = fc.record({
  event_id: fc.uuid(),
  occurred_at_ms: fc.integer({ min: 0 }),
  kind: fc.constantFrom('wallet.transferred', 'identity.logged_in'),
  subject: fc.string(),
  details: fc.dictionary(fc.string(), value, { maxKeys: 4 }),
})
const facts = fc.array(fact, { minLength: 2, maxLength: 12 })

describe('the chain', () => {
  test('holds, appended at once or bit by bit, and after a store has turned the details around', () => {
    fc.assert(
      fc.property(facts, fc.nat(12), (all, cut) => {
        const whole = chainOf(auditStart, all)
        const first = chainOf(auditStart, all.slice(0, cut))
        expect([...first, ...chainOf(first.at(-1) ?? auditStart, all.slice(cut))]).toEqual(whole)
        const turned = whole.map((entry) => ({
          ...entry,
          details: Object.fromEntries(Object.entries(entry.details).toReversed()),
        }))
        expect(firstAuditBreak(turned)).toBeNull()
      }),
    )
  })

  const change: fc.Arbitrary<(entry: AuditEntry) => AuditEntry> = fc.constantFrom(
    (entry: AuditEntry) => ({ ...entry, subject: `${entry.subject}x` }),
    (entry: AuditEntry) => ({ ...entry, occurred_at_ms: entry.occurred_at_ms + 1 }),
    (entry: AuditEntry) => ({ ...entry, kind: 'player.suspended' }),
    (entry: AuditEntry) => ({ ...entry, event_id: `${entry.event_id}x` }),
    (entry: AuditEntry) => ({ ...entry, details: { ...entry.details, more: 1 } }),
    (entry: AuditEntry) => ({ ...entry, hash: entry.hash.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) }),
  )

  test('shows a changed, a lost, a repeated and an exchanged entry, at its place', () => {
    fc.assert(
      fc.property(facts, fc.nat(), change, (all, at, edit) => {
        const chain = chainOf(auditStart, all)
        const index = at % chain.length
        expect(firstAuditBreak(chain.with(index, edit(chain[index]!)))?.at.sequence).toBe(index + 1)
        expect(firstAuditBreak(chain.toSpliced(index, 0, chain[index]!))?.text).toMatch(/there twice/)
        if (index < chain.length - 1)
          expect(firstAuditBreak(chain.toSpliced(index, 1))?.text).toBe(`entry ${index + 1} is missing`)
        // A whole new end, made by somebody who knows how: it does not continue what was there.
        const forged = chainOf({ sequence: index, hash: 'forged' }, all.slice(index))
        expect(firstAuditBreak([...chain.slice(0, index), ...forged])?.text).toMatch(/does not continue/)
      }),
    )
  })

  test('is judged from any entry on', () => {
    const chain = chainOf(auditStart, fc.sample(fact, 6))
    expect(firstAuditBreak(chain.slice(3), chain[2])).toBeNull()
    expect(firstAuditBreak(chain.slice(3), chain[1])?.text).toBe('entry 3 is missing')
  })
})

test('of an event the trail keeps the named fields alone, and of most events nothing', () => {
  const event = {
    type: 'wallet.transferred',
    id: 'e-1',
    occurred_at_ms: 5,
    player_id: 'p-1',
    transfer_id: 't-1',
    kind: 'deposit',
    amount_minor: 10,
    balance_after_minor: 10,
    version: 1,
    password: 'never',
  } as SystemEvent
  expect(factOf(event)).toEqual({
    event_id: 'e-1',
    occurred_at_ms: 5,
    kind: 'wallet.transferred',
    subject: 'p-1',
    details: { transfer_id: 't-1', kind: 'deposit', amount_minor: 10, balance_after_minor: 10, version: 1 },
  })
  expect(factOf({ type: 'identity.player_registered', id: 'e', occurred_at_ms: 1, player_id: 'p' })).toBeUndefined()
})
