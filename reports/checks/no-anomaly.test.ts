import { expect, test } from 'vitest'
import { noAnomaly } from './no-anomaly.ts'
import { acknowledged, cleanRecord, linesOfKind, outcomeOf } from './testing.ts'
import type { RawRecord } from '../record/fixture.ts'

const textOf = (plant: (raw: RawRecord) => void): string =>
  outcomeOf(noAnomaly, plant).violations[0]?.witness.text ?? ''

test('a clean record passes, and something was looked at, and at risk', () => {
  const { examined, total, violations, exercised } = outcomeOf(noAnomaly)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(cleanRecord().history.length / 4)
  expect(exercised['overlapping_transfers']).toBeGreaterThan(0)
})

test('two transfers that built on the same balance: one is lost', () => {
  const lost = (raw: RawRecord): void => {
    const entries = linesOfKind(raw, 'entry').filter(({ account }) => account === 'player:p-1')
    const [, one, ...after] = entries
    for (const entry of after) entry.balance_after_minor -= one!.amount_minor
  }
  const texts = outcomeOf(noAnomaly, lost).violations.map(({ witness }) => witness.text)
  expect(texts.filter((text) => text.startsWith('lost-update'))).toEqual([
    expect.stringMatching(/^lost-update: deposit .* did not see bet .* was appended before /),
  ])
})

test('a read of a balance that never was', () => {
  const text = textOf((raw) => (acknowledged(raw, 'balance').end.value['balance_minor'] = 12_345))
  expect(text).toMatch(/^G1a: read o-\d+ saw a state of player:p-\d+ of what was never committed\.$/)
})

test('a read that does not see what had been acknowledged before it was asked', () => {
  const text = textOf((raw) => {
    const { end, player_id } = acknowledged(raw, 'balance', 8)
    const before = linesOfKind(raw, 'entry').find(
      ({ account, version }) => account === `player:${player_id}` && version === Number(end.value['version']) - 2,
    )!
    end.value = { version: before.version, balance_minor: before.balance_after_minor }
  })
  expect(text).toMatch(/^G-single against real time: /)
})
