import { expect, test } from 'vitest'
import { outcomesRederived } from './outcomes-rederived.ts'
import { linesOfKind, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(outcomesRederived)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test.each([
  ['another seed than the promised one', { server_seed: 'other' }, /promised/],
  ['stops that do not follow from the seeds', { stops: [0, 0, 0], nonce: 999_999 }, /its seeds give/],
  ['a game that is not there', { game_version: 9 }, /no game/],
] as const)('%s is found', (_title, change, text) => {
  const outcome = outcomeOf(outcomesRederived, (raw) => {
    Object.assign(linesOfKind(raw, 'round')[7]!, structuredClone(change))
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toMatch(text)
})

test('a win that the stops do not pay is found', () => {
  const outcome = outcomeOf(outcomesRederived, (raw) => {
    linesOfKind(raw, 'round')[7]!.win_minor = 12_345
  })
  expect(outcome.violations[0]?.witness.text).toMatch(/its win is 12345/)
})
