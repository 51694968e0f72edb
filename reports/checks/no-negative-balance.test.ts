import { expect, test } from 'vitest'
import { noNegativeBalance } from './no-negative-balance.ts'
import { linesOfKind, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(noNegativeBalance)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test('a balance below zero is found, with the transfer that made it', () => {
  const outcome = outcomeOf(noNegativeBalance, (raw) => {
    const entry = linesOfKind(raw, 'entry').find(({ account }) => account === 'player:p-3')!
    entry.balance_after_minor = -1
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toMatch(/player:p-3 has -1 after version 1, by deposit \(key /)
})

test('house accounts may be negative, a player’s may not', () => {
  const outcome = outcomeOf(noNegativeBalance, (raw) => {
    linesOfKind(raw, 'account').find(({ account }) => account === 'player:p-3')!.balance_minor = -5
  })
  expect(outcome.total).toBe(1)
})
