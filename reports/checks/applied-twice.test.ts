import { expect, test } from 'vitest'
import { appliedTwice } from './applied-twice.ts'
import { acknowledged, linesOfKind, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(appliedTwice)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test('a second transfer with the same key is found, with the operation that it belongs to', () => {
  let doubled = { operation_id: '', key: '' }
  const outcome = outcomeOf(appliedTwice, (raw) => {
    doubled = acknowledged(raw, 'deposit', 8)
    const transfer = linesOfKind(raw, 'transfer').find(({ key }) => key.endsWith(`:${doubled.key}`))!
    raw.ledger.push({ ...transfer, transfer_id: 'again' })
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toContain(`deposit ${doubled.operation_id}`)
  expect(outcome.violations[0]?.witness.entries).toHaveLength(2)
})

test('two rounds with one key are found', () => {
  const outcome = outcomeOf(appliedTwice, (raw) => {
    const round = linesOfKind(raw, 'round')[5]!
    raw.ledger.push({ ...round, round_id: 'again' })
  })
  expect(outcome.total).toBe(1)
})

test('two bets of one round are found, though their keys differ', () => {
  const outcome = outcomeOf(appliedTwice, (raw) => {
    const bet = linesOfKind(raw, 'transfer').find(({ transfer_kind }) => transfer_kind === 'bet')!
    raw.ledger.push({ ...bet, transfer_id: 'again', key: `${bet.key}-again` })
  })
  expect(outcome.violations[0]?.witness.text).toMatch(/2 transfers of kind bet/)
})
