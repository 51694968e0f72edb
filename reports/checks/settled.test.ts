import { expect, test } from 'vitest'
import { settled } from './settled.ts'
import { outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(settled)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test('a system that does not come to rest is found, with what is left', () => {
  const outcome = outcomeOf(settled, (raw) => {
    raw.journal.push({ kind: 'note', at_ms: 1, monotonic_ms: 1, code: 'not-settled', text: 'outbox 3' })
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toContain('outbox 3')
})
