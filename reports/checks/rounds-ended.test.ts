import { expect, test } from 'vitest'
import { roundsEnded } from './rounds-ended.ts'
import { linesOfKind, remove, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(roundsEnded)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test.each([
  ['a round that never ended', 'open', /has not ended/],
  ['a cancelled round whose stake was kept', 'cancelled', /out by/],
])('%s is found', (_title, status, text) => {
  const outcome = outcomeOf(roundsEnded, (raw) => {
    linesOfKind(raw, 'round').find(({ win_minor }) => win_minor === 0)!.status = status
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toMatch(text)
})

test('a win that was never paid is found', () => {
  const outcome = outcomeOf(roundsEnded, (raw) => {
    const round = linesOfKind(raw, 'round').find(({ win_minor }) => (win_minor ?? 0) > 0)!
    remove(raw, (line) => line.kind === 'transfer' && line.key === `win:${round.round_id}`)
  })
  expect(outcome.violations[0]?.witness.text).toMatch(/won \d+, 0 was paid out/)
})

test('a cancelled round whose stake was given back is fine', () => {
  const outcome = outcomeOf(roundsEnded, (raw) => {
    const round = linesOfKind(raw, 'round').find(({ win_minor }) => win_minor === 0)!
    const bet = linesOfKind(raw, 'transfer').find(({ key }) => key === `bet:${round.round_id}`)!
    round.status = 'cancelled'
    raw.ledger.push({ ...bet, transfer_id: 'x', key: `rollback:${round.round_id}`, transfer_kind: 'rollback' })
  })
  expect(outcome.total).toBe(0)
})
