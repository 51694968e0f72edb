import { expect, test } from 'vitest'
import type { StateOf } from '#sut/contracts/state.ts'
import type { RawRecord } from '../record/fixture.ts'
import { acknowledgedLost } from './acknowledged-lost.ts'
import { acknowledged, linesOfKind, remove, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(acknowledgedLost)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test('a deposit that was acknowledged and is not in the ledger is named with its operation and key', () => {
  let lost = { operation_id: '', key: '' }
  const outcome = outcomeOf(acknowledgedLost, (raw) => {
    lost = acknowledged(raw, 'deposit', 8)
    remove(raw, (line) => line.kind === 'transfer' && line.key.endsWith(`:${lost.key}`))
  })
  expect(outcome.total).toBe(1)
  const { witness, kind } = outcome.violations[0]!
  expect(kind).toBe('acknowledged-lost')
  expect(witness.text).toContain(lost.operation_id)
  expect(witness.text).toContain(lost.key)
  expect(witness.operations.map((line) => (line as { type: string }).type)).toEqual(['invoke', 'ok'])
})

test.each(['round', 'bet', 'win'] as const)('a spin without its %s is lost', (part) => {
  const outcome = outcomeOf(acknowledgedLost, (raw) => {
    const won = linesOfKind(raw, 'round').find(
      ({ win_minor, key }) =>
        (win_minor ?? 0) > 0 && raw.history.some((line) => line.key === key && line.type === 'ok'),
    )!
    remove(raw, (line) =>
      part === 'round'
        ? line.kind === 'round' && line.round_id === won.round_id
        : line.kind === 'transfer' && line.key === `${part}:${won.round_id}`,
    )
  })
  expect(outcome.total).toBe(1)
})

test('of two rounds with one key, the one that the client was told of counts', () => {
  const plant = (gone: boolean) =>
    outcomeOf(acknowledgedLost, (raw) => {
      const { key } = acknowledged(raw, 'spin')
      const told = linesOfKind(raw, 'round').find((round) => round.key === key)!
      raw.ledger.unshift({ ...told, round_id: 'another', status: 'cancelled' })
      if (gone) remove(raw, (line) => line === told)
    })
  expect(plant(false).total).toBe(0)
  expect(plant(true).violations[0]?.witness.text).toContain('there is no round')
})

test('a spin whose round was cancelled is lost', () => {
  const outcome = outcomeOf(acknowledgedLost, (raw) => {
    const { key } = acknowledged(raw, 'spin')
    linesOfKind(raw, 'round').find((round) => round.key === key)!.status = 'cancelled'
  })
  expect(outcome.violations[0]?.witness.text).toContain('cancelled')
})

test('an acknowledged payout whose hold is gone, or ended otherwise, is found', () => {
  const textsAfter = (change: (hold: StateOf<'hold'>, raw: RawRecord) => void): string[] =>
    outcomeOf(acknowledgedLost, (raw) => change(linesOfKind(raw, 'hold')[0]!, raw)).violations.map(
      ({ witness }) => witness.text,
    )
  expect(
    textsAfter(({ hold_id }, raw) => remove(raw, (line) => line.kind === 'hold' && line.hold_id === hold_id)),
  ).toEqual([
    expect.stringMatching(/ask_payout .* is lost: the wallet has no hold payout:p-1:/),
    expect.stringMatching(/cancel_payout .* is lost: its hold h-p-1 is not there/),
  ])
  expect(textsAfter((hold) => (hold.hold_id = 'other'))).toContainEqual(
    expect.stringMatching(/it was told payout h-p-1, the wallet has other/),
  )
  expect(textsAfter((hold) => (hold.status = 'open'))).toEqual([
    expect.stringMatching(/cancel_payout .* is lost: its hold h-p-1 is open/),
  ])
})

test('an acknowledged confirmation without its capture is found', () => {
  const confirmed = (raw: RawRecord): void => {
    for (const line of raw.history) if (line.operation_id === 'cancel-p-1') line.kind = 'confirm_payout'
    linesOfKind(raw, 'hold')[0]!.status = 'captured'
  }
  const [text, ...others] = outcomeOf(acknowledgedLost, confirmed).violations.map(({ witness }) => witness.text)
  expect(text).toMatch(/confirm_payout .* is lost: the ledger has no transfer capture:h-p-1/)
  expect(others).toEqual([])
})
