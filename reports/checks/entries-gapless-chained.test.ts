import { expect, test } from 'vitest'
import { entriesGaplessChained } from './entries-gapless-chained.ts'
import { linesOfKind, remove, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(entriesGaplessChained)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

const ofPlayer = ({ account }: { account: string }): boolean => account === 'player:p-2'

test('a missing version is named', () => {
  const outcome = outcomeOf(entriesGaplessChained, (raw) => {
    const entry = linesOfKind(raw, 'entry').filter(ofPlayer)[4]!
    remove(raw, (line) => line === entry)
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toMatch(/player:p-2: version 5 is missing/)
})

test('a version that is there twice is named', () => {
  const outcome = outcomeOf(entriesGaplessChained, (raw) => {
    raw.ledger.push({ ...linesOfKind(raw, 'entry').filter(ofPlayer)[4]! })
  })
  expect(outcome.violations[0]?.witness.text).toMatch(/there twice/)
})

test('a lost last entry is seen by the version of the account', () => {
  const outcome = outcomeOf(entriesGaplessChained, (raw) => {
    const entry = linesOfKind(raw, 'entry').filter(ofPlayer).at(-1)!
    remove(raw, (line) => line === entry)
  })
  expect(outcome.violations[0]?.witness.text).toMatch(/account says version/)
})

test('a changed amount breaks the balance, a forged one the hash', () => {
  const changed = outcomeOf(entriesGaplessChained, (raw) => {
    linesOfKind(raw, 'entry').filter(ofPlayer)[4]!.amount_minor += 1
  })
  expect(changed.violations[0]?.witness.text).toMatch(/follows from the entry before/)
  const forged = outcomeOf(entriesGaplessChained, (raw) => {
    linesOfKind(raw, 'entry').filter(ofPlayer)[4]!.transfer_id = 'forged'
  })
  expect(forged.violations[0]?.witness.text).toMatch(/hash of version 5/)
})
