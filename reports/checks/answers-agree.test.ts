import { expect, test } from 'vitest'
import { answersAgree } from './answers-agree.ts'
import { captureKey } from './evidence.ts'
import { acknowledged, linesOfKind, outcomeOf } from './testing.ts'

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

test.each([
  ['version', 0, []],
  ['version', 1, [/^The confirm_payout .* was told version \d+ with balance \d+, the ledger has version/]],
  ['balance_minor', 1, [/^The confirm_payout .* was told version \d+ with balance \d+, the ledger has version/]],
] as const)('the %s of a confirmed payout, %d away from the ledger', (field, away, expected) => {
  const { violations } = outcomeOf(answersAgree, (raw) => {
    // As if the newest transfer of that player had been the capture of his payout.
    const transfer = linesOfKind(raw, 'transfer').findLast(({ player_id }) => player_id === 'p-1')!
    transfer.key = captureKey('h-p-1')
    const { version, balance_after_minor } = linesOfKind(raw, 'entry').find(
      ({ account, transfer_id }) => account === 'player:p-1' && transfer_id === transfer.transfer_id,
    )!
    for (const line of raw.history) if (line.operation_id === 'cancel-p-1') line.kind = 'confirm_payout'
    const { value } = raw.history.find(({ operation_id, type }) => operation_id === 'cancel-p-1' && type === 'ok')!
    Object.assign(value, { version, balance_minor: balance_after_minor })
    value[field] = Number(value[field]) + away
  })
  expect(violations.map(({ witness }) => witness.text)).toEqual(expected.map((text) => expect.stringMatching(text)))
})

test('a payout that is asked for twice and placed twice is found', () => {
  const outcome = outcomeOf(answersAgree, (raw) => {
    const { end } = acknowledged(raw, 'ask_payout', 0)
    end.value['duplicate'] = { ...end.value, payout_id: 'another' }
  })
  expect(outcome.violations.map(({ witness }) => witness.text)).toEqual([expect.stringContaining('payout_id')])
})
