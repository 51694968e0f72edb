import { expect, test } from 'vitest'
import { readYourWrites } from './read-your-writes.ts'
import { acknowledged, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(readYourWrites)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test('a read that misses an acknowledged write is found, with both operations', () => {
  let read = { operation_id: '' }
  const outcome = outcomeOf(readYourWrites, (raw) => {
    const found = acknowledged(raw, 'balance', 12)
    found.end.value['version'] = 1
    read = found
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toContain(read.operation_id)
  expect(outcome.violations[0]?.witness.operations).toHaveLength(4)
})

test('a confirmed payout is a write', () => {
  const outcome = outcomeOf(readYourWrites, (raw) => {
    const { end, player_id } = acknowledged(raw, 'balance', 12)
    end.value['version'] = 1
    for (const line of raw.history)
      if (line.player_id === player_id && ['spin', 'deposit'].includes(line.kind)) line.kind = 'confirm_payout'
  })
  expect(outcome.violations.map(({ witness }) => witness.text)).toEqual([
    expect.stringMatching(/had been acknowledged by confirm_payout /),
  ])
})
