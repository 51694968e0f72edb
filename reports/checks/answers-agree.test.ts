import { expect, test } from 'vitest'
import { answersAgree } from './answers-agree.ts'
import { acknowledged, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(answersAgree)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test('two different answers to one key are found', () => {
  const outcome = outcomeOf(answersAgree, (raw) => {
    const { end } = acknowledged(raw, 'spin')
    end.value['duplicate'] = { ...end.value, round_id: 'another' }
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toContain('round_id')
})

test('the same answer twice is no difference', () => {
  const outcome = outcomeOf(answersAgree, (raw) => {
    const { end } = acknowledged(raw, 'spin')
    end.value['duplicate'] = { ...end.value }
  })
  expect(outcome.total).toBe(0)
})

test.each([
  ['win_minor', /win of 77/],
  ['version', /version 77/],
  ['balance_minor', /balance 77/],
] as const)('an answer with another %s than the ledger has is found', (field, text) => {
  const outcome = outcomeOf(answersAgree, (raw) => {
    acknowledged(raw, 'spin').end.value[field] = 77
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toMatch(text)
})

test('a deposit that names a version of another entry is found', () => {
  const outcome = outcomeOf(answersAgree, (raw) => {
    acknowledged(raw, 'deposit', 8).end.value['version'] = 7777
  })
  expect(outcome.total).toBe(1)
})
