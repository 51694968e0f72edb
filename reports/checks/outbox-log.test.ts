import { expect, test } from 'vitest'
import { outboxLog } from './outbox-log.ts'
import { linesOfKind, remove, outcomeOf } from './testing.ts'

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(outboxLog)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test('an event that was never published is found', () => {
  const outcome = outcomeOf(outboxLog, (raw) => {
    linesOfKind(raw, 'outbox')[9]!.published = false
  })
  expect(outcome.violations[0]?.witness.text).toMatch(/never published/)
})

test('an event that got lost on its way is found, and the transfer that it told of', () => {
  const outcome = outcomeOf(outboxLog, (raw) => {
    const line = linesOfKind(raw, 'log').find(({ event }) => event.type === 'wallet.transferred')!
    remove(raw, (other) => other === line)
  })
  expect(outcome.violations.map(({ witness }) => witness.text)).toEqual([
    expect.stringMatching(/is not in the log/),
    expect.stringMatching(/has no event in the log/),
  ])
})

test('an event that is in the log twice, or in no outbox, is found', () => {
  const twice = outcomeOf(outboxLog, (raw) => {
    raw.ledger.push(linesOfKind(raw, 'log')[4]!)
  })
  expect(twice.violations[0]?.witness.text).toMatch(/2 times/)
  const unknown = outcomeOf(outboxLog, (raw) => {
    const [row] = linesOfKind(raw, 'outbox')
    remove(raw, (line) => line === row)
  })
  expect(unknown.violations[0]?.witness.text).toMatch(/in no outbox/)
})

test('a transfer that was committed without an event is found', () => {
  const outcome = outcomeOf(outboxLog, (raw) => {
    const [transfer] = linesOfKind(raw, 'transfer')
    remove(
      raw,
      (line) =>
        (line.kind === 'log' ? line.event.id : line.kind === 'outbox' ? line.event_id : '') ===
        `e-${transfer!.transfer_id}`,
    )
  })
  expect(outcome.total).toBe(1)
  expect(outcome.violations[0]?.witness.text).toContain('has no event')
})
