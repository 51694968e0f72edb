import { expect, test } from 'vitest'
import { readModels } from './read-models.ts'
import { linesOfKind, remove, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(readModels)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test.each(['version', 'balance_minor', 'deposited_minor', 'staked_minor', 'won_minor'] as const)(
  'a player model with another %s is found',
  (field) => {
    const outcome = outcomeOf(readModels, (raw) => {
      linesOfKind(raw, 'player_model')[1]![field] += 1
    })
    expect(outcome.total).toBe(1)
    expect(outcome.violations[0]?.witness.text).toContain(field)
  },
)

test('a missing player model and a wrong game model are found', () => {
  const missing = outcomeOf(readModels, (raw) => {
    remove(raw, (line) => line.kind === 'player_model' && line.player_id === 'p-1')
  })
  expect(missing.violations[0]?.witness.text).toMatch(/player p-1: it is missing/)
  const game = outcomeOf(readModels, (raw) => {
    linesOfKind(raw, 'game_model')[0]!.rounds -= 1
  })
  expect(game.total).toBe(1)
})
