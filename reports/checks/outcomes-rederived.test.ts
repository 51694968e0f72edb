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

test('the win of a round whose seed is secret follows from its stops; its seed may have been told to the player', () => {
  const secret = (raw: Parameters<NonNullable<Parameters<typeof outcomeOf>[1]>>[0]) => {
    const round = linesOfKind(raw, 'round')[7]!
    const { server_seed, server_seed_hash } = round
    for (const each of linesOfKind(raw, 'round')) each.server_seed = null
    return { round, server_seed, server_seed_hash }
  }
  expect(outcomeOf(outcomesRederived, (raw) => void secret(raw)).total).toBe(0)
  expect(outcomeOf(outcomesRederived, (raw) => (secret(raw).round.win_minor = 12_345)).total).toBe(1)
  const told = outcomeOf(outcomesRederived, (raw) => {
    const { round, server_seed, server_seed_hash } = secret(raw)
    round.client_seed = 'another'
    const revealed = { server_seed, server_seed_hash, rounds: 1 }
    const of = { operation_id: 'rotate', kind: 'rotate_seed', player_id: round.player_id }
    raw.history.push(
      { ...of, type: 'invoke', at_ms: 1, value: {} },
      { ...of, type: 'ok', at_ms: 2, value: { revealed } },
    )
  })
  expect(told.violations[0]?.witness.text).toMatch(/its seeds give/)
})
