import { expect, test } from 'vitest'
import { failNotApplied } from './fail-not-applied.ts'
import { acknowledged, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(failNotApplied)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test.each(['deposit', 'spin'])('a %s that was refused and done all the same is found', (kind) => {
  let refused = { operation_id: '' }
  const outcome = outcomeOf(failNotApplied, (raw) => {
    const operation = acknowledged(raw, kind, 8)
    refused = operation
    Object.assign(operation.end, { type: 'fail', value: { code: 'insufficient_funds' } })
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toContain(refused.operation_id)
})

test('a time-out may have been done', () => {
  const outcome = outcomeOf(failNotApplied, (raw) => {
    Object.assign(acknowledged(raw, 'deposit', 8).end, { type: 'info', value: { code: 'timeout' } })
  })
  expect(outcome.total).toBe(0)
})
