import { expect, test } from 'vitest'
import { auditStart, chainOf } from '#sut/contracts/audit.ts'
import { verified } from './audit.ts'

const entries = chainOf(
  auditStart,
  ['identity.logged_in', 'wallet.transferred', 'wallet.transferred'].map((kind, index) => ({
    event_id: `e-${index}`,
    occurred_at_ms: index,
    kind,
    subject: 'player-1',
    details: {},
  })),
)
const { sequence, hash } = entries.at(-1)!
const head = { sequence, hash }

test('a whole trail: what is in it, and its head', () => {
  const text = `3 entries, unbroken: identity.logged_in 1, wallet.transferred 2\nhead        ${hash}`
  expect(verified({ entries, head })).toEqual({ text, exit: 0 })
  expect(verified({ entries: [], head: auditStart })).toMatchObject({ exit: 0 })
})

test('a broken one: the first break, and the entries around it', () => {
  const changed = entries.with(1, { ...entries[1]!, subject: 'player-2' })
  const { text, exit } = verified({ entries: changed, head })
  expect(exit).toBe(1)
  expect(text.split('\n')).toEqual([
    'the hash of entry 2 does not follow from its content',
    JSON.stringify(entries[0]),
    JSON.stringify(changed[1]),
  ])
})

test('one without its end, and none at all', () => {
  expect(verified({ entries: entries.slice(0, 2), head })).toEqual({
    text: 'the head is entry 3, the last entry 2',
    exit: 1,
  })
  expect(verified({ entries: [], head: undefined })).toEqual({ text: 'there is no audit trail', exit: 3 })
})
