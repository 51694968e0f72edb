import { expect, test } from 'vitest'
import { monotonicReads } from './monotonic-reads.ts'
import { acknowledged, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(monotonicReads)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test('a read that is older than an earlier one is found', () => {
  const outcome = outcomeOf(monotonicReads, (raw) => {
    acknowledged(raw, 'balance', 12).end.value['version'] = 0
  })
  expect(outcome.total).toBe(1)
})

test('reads that overlap have no order', () => {
  const outcome = outcomeOf(monotonicReads, (raw) => {
    const { invoke, end } = acknowledged(raw, 'balance', 12)
    invoke.at_ms = raw.history[0]!.at_ms - 1
    end.value['version'] = 0
    raw.history.sort((one, other) => one.at_ms - other.at_ms)
  })
  expect(outcome.total).toBe(0)
})
