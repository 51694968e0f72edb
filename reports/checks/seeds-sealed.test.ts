import { expect, test } from 'vitest'
import type { RawRecord } from '../record/fixture.ts'
import { seedsSealed } from './seeds-sealed.ts'
import { linesOfKind, outcomeOf } from './testing.ts'

/** As a game keeps them: nobody has rotated, nothing is shown. */
function seal(raw: RawRecord) {
  raw.history = raw.history.filter(({ kind }) => kind !== 'rotate_seed' && kind !== 'proof')
  const rounds = linesOfKind(raw, 'round')
  for (const round of rounds) Object.assign(round, { resolved: false, server_seed: null })
  return rounds
}
function operation(raw: RawRecord, kind: string, player_id: string, at_ms: number, end: object): void {
  const operation_id = `${kind}-${raw.history.length}`
  const common = { operation_id, kind, player_id, value: {} }
  raw.history.push({ ...common, type: 'invoke', at_ms })
  raw.history.push({ ...common, type: 'ok', at_ms: at_ms + 1, ...end })
}
const at_ms = 2_000_000_000_000
const rotate = (raw: RawRecord, player_id: string, server_seed_hash: string, when_ms = at_ms, end: object = {}): void =>
  operation(raw, 'rotate_seed', player_id, when_ms, { value: { revealed: { server_seed_hash } }, ...end })

test('secret seeds that are not shown pass, and are counted', () => {
  const outcome = outcomeOf(seedsSealed, seal)
  expect(outcome.total).toBe(0)
  expect(outcome.exercised['secret_seeds_stored']).toBe(outcome.examined)
})

test('a record of before seeds were sealed is not judged', () => {
  const outcome = outcomeOf(seedsSealed, (raw) => {
    for (const round of seal(raw)) {
      round.server_seed = 'known'
      delete round.resolved
    }
  })
  expect(outcome).toMatchObject({ examined: 0, total: 0, exercised: {} })
})

test('a seed in the state that nobody has ended is found', () => {
  const outcome = outcomeOf(seedsSealed, (raw) => Object.assign(seal(raw)[2]!, { server_seed: 'known' }))
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toMatch(/The state shows the server seed of round \S+ \(key .*\)/)
})

test.each([
  ['was answered', {}, 0],
  ['had no answer', { type: 'info', value: { code: 'timeout' } }, 0],
  ['was refused', { type: 'fail', value: { code: 'round_open' } }, 1],
  ['revealed another', { value: { revealed: { server_seed_hash: 'another' } } }, 1],
])('a seed may be in the state after a rotation that %s: %s', (_what, end, total) => {
  const outcome = outcomeOf(seedsSealed, (raw) => {
    const round = seal(raw)[2]!
    round.server_seed = 'known'
    rotate(raw, round.player_id, round.server_seed_hash, at_ms, end)
  })
  expect(outcome.total).toBe(total)
})

test('a seed that has served all its rounds may be shown', () => {
  const outcome = outcomeOf(seedsSealed, (raw) => {
    const round = seal(raw)[2]!
    const same = Array.from({ length: 1000 }, (_, nonce) => ({ ...round, round_id: `r-${nonce}`, nonce }))
    raw.ledger.push(...same.map((each) => ({ ...each, server_seed_hash: 'used up', server_seed: 'known' })))
  })
  expect(outcome.total).toBe(0)
})

test('a proof that shows a seed before it is rotated is found, one after it is not', () => {
  const prove = (raw: RawRecord, when_ms: number, server_seed?: string): void => {
    const { player_id, server_seed_hash } = linesOfKind(raw, 'round')[0]!
    const value = { server_seed_hash, ...(server_seed === undefined ? {} : { server_seed }) }
    operation(raw, 'proof', player_id, when_ms, { value })
  }
  const outcome = outcomeOf(seedsSealed, (raw) => {
    const { player_id, server_seed_hash } = seal(raw)[0]!
    prove(raw, at_ms - 200)
    prove(raw, at_ms - 100, 'known')
    rotate(raw, player_id, server_seed_hash)
    prove(raw, at_ms + 100, 'known')
  })
  expect(outcome.total).toBe(1)
  expect(outcome.exercised['secret_seeds_proven']).toBe(2)
  expect(outcome.violations[0]?.witness.operations).toHaveLength(2)
})
