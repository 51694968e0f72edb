import { expect, test } from 'vitest'
import { auditStart, chainOf } from '#sut/contracts/audit.ts'
import { shardOf } from '#sut/contracts/events.ts'
import type { RawRecord } from '../record/fixture.ts'
import { auditChain } from './audit-chain.ts'
import { linesOfKind, outcomeOf, remove } from './testing.ts'

const textsOf = (plant?: (raw: RawRecord) => void): string[] =>
  outcomeOf(auditChain, plant).violations.map(({ witness }) => witness.text)

/** The trail as somebody would leave it who can compute hashes, made of the entries that `keep` lets through. */
function rewrite(raw: RawRecord, keep: (event_id: string) => boolean): void {
  const facts = linesOfKind(raw, 'audit').flatMap(({ entry }) => (keep(entry.event_id) ? [entry] : []))
  const entries = chainOf(auditStart, facts)
  remove(raw, ({ kind }) => kind === 'audit' || kind === 'audit_head')
  raw.ledger.push(...entries.map((entry) => ({ kind: 'audit' as const, entry })))
  const { sequence, hash } = entries.at(-1)!
  raw.ledger.push({ kind: 'audit_head', head: { sequence, hash } })
}

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(auditChain)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test('the trail as the planted bug audit-skips leaves it: whole, and it lacks money', () => {
  const outcome = outcomeOf(auditChain, (raw) => rewrite(raw, (event_id) => shardOf(event_id) !== 0))
  expect(outcome.total).toBeGreaterThan(0)
  for (const { witness } of outcome.violations)
    expect(witness.text).toMatch(
      /^Transfer t-\d+ .* has no audit entry: \w+ \S+ .*of player p-\d+\.$|^Event h-\S+ .* has no audit entry\.$/,
    )
  expect(textsOf((raw) => rewrite(raw, () => true))).toEqual([])
})

test('a trail that lacks what became of a hold is seen', () => {
  const texts = textsOf((raw) => rewrite(raw, (event_id) => event_id !== 'h-p-1:released'))
  expect(texts).toEqual(['Event h-p-1:released (wallet.hold_released) of player p-1 has no audit entry.'])
})

test('a removed, a changed and a repeated entry are named', () => {
  const removed = textsOf((raw) => {
    const line = linesOfKind(raw, 'audit')[4]!
    remove(raw, (other) => other === line)
  })
  expect(removed[0]).toBe('Audit trail: entry 5 is missing.')
  const changed = textsOf((raw) => {
    linesOfKind(raw, 'audit')[4]!.entry.details['amount_minor'] = 1
  })
  expect(changed[0]).toMatch(/the hash of entry 5 does not follow/)
  expect(changed[1]).toMatch(/has an audit entry of \w+ 1 for player/)
  const repeated = textsOf((raw) => {
    raw.ledger.push(linesOfKind(raw, 'audit')[4]!)
  })
  expect(repeated[0]).toMatch(/entry 5 is there twice/)
  expect(repeated.join()).toMatch(/has 2 entries.*has 2 audit entries/)
})

test('a trail without its end, or without its head, is seen', () => {
  const cut = textsOf((raw) => {
    const line = linesOfKind(raw, 'audit').at(-1)!
    remove(raw, (other) => other === line)
  })
  expect(cut[0]).toMatch(/its head is entry \d+, its last entry \d+/)
  expect(textsOf((raw) => remove(raw, ({ kind }) => kind === 'audit_head'))[0]).toMatch(/its head is entry of nothing/)
  expect(textsOf((raw) => remove(raw, ({ kind }) => kind === 'audit'))[0]).toMatch(/its last entry 0/)
})

test('an entry of a transfer that the ledger does not have is seen', () => {
  const [text] = textsOf((raw) => {
    const [transfer] = linesOfKind(raw, 'transfer')
    remove(raw, (line) => line === transfer)
  })
  expect(text).toMatch(/Audit entry \d+ tells of transfer t-\d+, which the ledger does not have/)
})

test('a trail that is gone altogether is missed, where money has moved', () => {
  const gone = (raw: RawRecord) => remove(raw, ({ kind }) => kind === 'audit' || kind === 'audit_head')
  expect(textsOf(gone).length).toBeGreaterThan(10)
  expect(textsOf((raw) => (raw.ledger = []))).toEqual([])
})
