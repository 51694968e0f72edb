import { expect, test } from 'vitest'
import type { RawRecord } from '../record/fixture.ts'
import { failNotApplied } from './fail-not-applied.ts'
import { acknowledged, linesOfKind, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(failNotApplied)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test.each(['deposit', 'spin'])('a %s that was refused and done all the same is found', (kind) => {
  let refused = { operation_id: '' }
  const outcome = outcomeOf(failNotApplied, (raw) => {
    const operation = acknowledged(raw, kind, 8)
    refused = operation
    Object.assign(operation.end, { type: 'fail', value: { code: 'insufficient_funds' } })
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toContain(refused.operation_id)
})

test('a time-out may have been done', () => {
  const outcome = outcomeOf(failNotApplied, (raw) => {
    Object.assign(acknowledged(raw, 'deposit', 8).end, { type: 'info', value: { code: 'timeout' } })
  })
  expect(outcome.total).toBe(0)
})

test('a payout, its confirmation or its cancellation that was refused and done is found', () => {
  const refused = (operation_id: string) => (raw: RawRecord) => {
    const end = raw.history.find((line) => line.operation_id === operation_id && line.type === 'ok')!
    Object.assign(end, { type: 'fail', value: { code: 'unavailable' } })
  }
  const textsOf = (plant: (raw: RawRecord) => void): string[] =>
    outcomeOf(failNotApplied, plant).violations.map(({ witness }) => witness.text)
  expect(textsOf(refused('payout-p-1'))).toEqual([
    expect.stringMatching(/^The ask_payout .* was refused \(unavailable\)/),
  ])
  expect(textsOf(refused('cancel-p-1'))).toEqual([expect.stringMatching(/^The cancel_payout .* was refused/)])
  const confirmation = (raw: RawRecord): void => {
    refused('cancel-p-1')(raw)
    for (const line of raw.history) if (line.operation_id === 'cancel-p-1') line.kind = 'confirm_payout'
    raw.ledger.push({ ...linesOfKind(raw, 'transfer')[0]!, transfer_id: 'c-1', key: 'capture:h-p-1' })
  }
  expect(textsOf(confirmation)).toEqual([expect.stringMatching(/^The confirm_payout .* was refused/)])
  // Asked again, it was done: then the first one may be refused.
  const again = (raw: RawRecord): void => {
    confirmation(raw)
    const lines = raw.history.filter(({ operation_id }) => operation_id === 'cancel-p-1')
    for (const line of lines)
      raw.history.push({ ...line, operation_id: 'again', ...(line.type === 'fail' && { type: 'ok', value: {} }) })
  }
  expect(textsOf(again)).toEqual([])
})
