import { expect, test } from 'vitest'
import { noncesOnce } from './nonces-once.ts'
import { acknowledged, linesOfKind, outcomeOf, remove } from './testing.ts'
import type { RawRecord } from '../record/fixture.ts'

/** The rounds of the seed that serves the most. */
function roundsOfOneSeed(raw: RawRecord) {
  const groups = Map.groupBy(linesOfKind(raw, 'round'), (round) => round.server_seed_hash)
  return [...groups.values()].toSorted((one, other) => other.length - one.length)[0]!
}

test('a clean record passes, and seeds served several rounds', () => {
  let served = 0
  const { examined, total, violations } = outcomeOf(noncesOnce, (raw) => {
    served = roundsOfOneSeed(raw).length
  })
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
  expect(served).toBeGreaterThan(2)
})

test('a nonce that serves two rounds is found, and both are shown', () => {
  const outcome = outcomeOf(noncesOnce, (raw) => {
    const copied = { ...roundsOfOneSeed(raw)[0]!, round_id: 'r-copied', key: 'copied' }
    raw.ledger.push(copied)
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toMatch(/Nonce 0 of seed .* serves 2 rounds: .*r-copied \(key copied\)/)
  expect(outcome.violations[0]?.witness.entries).toHaveLength(2)
})

test('a nonce that was skipped is found', () => {
  const outcome = outcomeOf(noncesOnce, (raw) => {
    const [, second] = roundsOfOneSeed(raw)
    remove(raw, (line) => line === second)
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toMatch(
    /Nonce 1 of seed .* serves no round, nonce 2 does: \S+ \(key .+\)\.$/,
  )
})

test('a seed that serves two players is found', () => {
  const outcome = outcomeOf(noncesOnce, (raw) => {
    roundsOfOneSeed(raw)[1]!.player_id = 'another'
  })
  expect(outcome.violations[0]?.witness.text).toMatch(/serves two players/)
})

test.each([
  ['nonce', 99, /was told nonce 99, its round/],
  ['server_seed_hash', 'other', /was told seed other, its round/],
] as const)('a player who was told another %s is found', (field, value, text) => {
  const outcome = outcomeOf(noncesOnce, (raw) => {
    acknowledged(raw, 'spin').end.value[field] = value
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toMatch(text)
})

test('an old record passes: each round has a seed of its own, and nobody was told', () => {
  const outcome = outcomeOf(noncesOnce, (raw) => {
    for (const round of linesOfKind(raw, 'round'))
      Object.assign(round, { server_seed_hash: `hash of ${round.round_id}`, nonce: 0 })
    for (const { value } of raw.history) {
      delete value['server_seed_hash']
      delete value['nonce']
    }
  })
  expect(outcome).toMatchObject({ total: 0 })
})
