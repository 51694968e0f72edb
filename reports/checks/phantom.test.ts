import { expect, test } from 'vitest'
import { phantom } from './phantom.ts'
import { acknowledged, linesOfKind, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(phantom)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test('a transfer that nobody asked for is found', () => {
  const outcome = outcomeOf(phantom, (raw) => {
    const [transfer] = linesOfKind(raw, 'transfer')
    raw.ledger.push({ ...transfer!, transfer_id: 'ghost', key: `deposit:${transfer!.player_id}:ghost` })
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toContain('ghost')
})

test('a spin without its operation is found by its bet and its win', () => {
  const outcome = outcomeOf(phantom, (raw) => {
    const { key } = acknowledged(raw, 'spin')
    raw.history = raw.history.filter((line) => line.key !== key)
  })
  expect(outcome.total).toBeGreaterThan(0)
})

test('players of another run, and rollbacks, are none of its business', () => {
  const outcome = outcomeOf(phantom, (raw) => {
    const [transfer] = linesOfKind(raw, 'transfer')
    raw.ledger.push({ ...transfer!, transfer_id: 'x', player_id: 'stranger', key: 'deposit:stranger:x' })
    raw.ledger.push({ ...transfer!, transfer_id: 'y', transfer_kind: 'rollback', key: 'rollback:y' })
  })
  expect(outcome.total).toBe(0)
})

test('a hold that nobody asked for, and a capture that nobody confirmed, are found', () => {
  const outcome = outcomeOf(phantom, (raw) => {
    raw.history = raw.history.filter((line) => line.operation_id !== 'payout-p-1')
    const [transfer] = linesOfKind(raw, 'transfer')
    const capture = { transfer_id: 'c-1', key: 'capture:h-p-1', transfer_kind: 'withdrawal' as const, player_id: 'p-1' }
    raw.ledger.push({ ...transfer!, ...capture })
  })
  expect(outcome.violations.map(({ witness }) => witness.text)).toEqual([
    expect.stringContaining('capture:h-p-1'),
    expect.stringMatching(/^Hold h-p-1 .* belongs to no operation/),
  ])
})
