import { expect, test } from 'vitest'
import { moneyConserved } from './money-conserved.ts'
import { linesOfKind, remove, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(moneyConserved)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test('an entry without its opposite is found', () => {
  const outcome = outcomeOf(moneyConserved, (raw) => {
    const entry = linesOfKind(raw, 'entry').find(({ account }) => account.startsWith('house:'))!
    remove(raw, (line) => line === entry)
  })
  // The transfer does not sum to zero, and the house account is not the sum of its entries.
  expect(outcome.total).toBe(2)
  expect(outcome.violations[0]?.witness.text).toMatch(/key .*1 entries/)
})

test('a transfer that nothing was booked for is found', () => {
  const outcome = outcomeOf(moneyConserved, (raw) => {
    const [transfer] = linesOfKind(raw, 'transfer')
    raw.ledger.push({ ...transfer!, transfer_id: 'unbooked', key: 'unbooked' })
  })
  expect(outcome.violations[0]?.witness.text).toContain('unbooked')
})

test('a tombstone needs no entries', () => {
  const outcome = outcomeOf(moneyConserved, (raw) => {
    const [transfer] = linesOfKind(raw, 'transfer')
    raw.ledger.push({ ...transfer!, transfer_id: 'x', key: 'x', transfer_kind: 'tombstone' })
  })
  expect(outcome.total).toBe(0)
})

test('a balance that is not the sum of its entries is found', () => {
  const outcome = outcomeOf(moneyConserved, (raw) => {
    linesOfKind(raw, 'account')[0]!.balance_minor += 1
  })
  expect(outcome.total).toBe(1)
})
