import { expect, test } from 'vitest'
import type { AuditFact } from '#sut/contracts/audit.ts'
import type { SystemEvent } from '#sut/contracts/events.ts'
import type { BusMessage } from '#sut/platform/bus.ts'
import { auditKeeper } from './audit.ts'

const lockOf = (id: string): SystemEvent => ({
  type: 'identity.login_locked',
  id,
  occurred_at_ms: 1,
  player_id: 'player-1',
  in_a_row: 5,
})

function setUp(append: (facts: readonly AuditFact[]) => Promise<number>, selects = (_id: string) => true) {
  const acknowledged: number[] = []
  const counts: number[] = []
  const take = auditKeeper({ append, selects, count: (appended) => counts.push(appended) })
  const messages = (events: unknown[]): BusMessage[] =>
    events.map((event, index) => ({
      event: event as SystemEvent,
      sequence: index + 1,
      redelivered: false,
      ack: () => void acknowledged.push(index + 1),
      nak: () => {},
    }))
  return { take, messages, acknowledged, counts }
}

test('a batch is one append; what the trail does not keep, or cannot read, is done with', async () => {
  const batches: string[][] = []
  const { take, messages, acknowledged, counts } = setUp(async (facts) => {
    batches.push(facts.map(({ event_id }) => event_id))
    return facts.length
  })
  const registered = { type: 'identity.player_registered', id: 'r', occurred_at_ms: 1, player_id: 'p' }
  await take(messages([lockOf('one'), registered, { type: 'no.such_type' }, lockOf('two')]))
  await take(messages([registered]))
  expect(batches).toEqual([['one', 'two']])
  expect(acknowledged).toEqual([1, 2, 3, 4, 1])
  expect(counts).toEqual([2])
})

test('nothing of a batch is acknowledged that is not committed', async () => {
  const { take, messages, acknowledged } = setUp(() => Promise.reject(new Error('no primary')))
  await expect(take(messages([lockOf('one'), lockOf('two')]))).rejects.toThrow('no primary')
  expect(acknowledged).toEqual([])
})

test('what is not selected is acknowledged and not kept', async () => {
  const kept: string[] = []
  const append = async (facts: readonly AuditFact[]): Promise<number> => {
    kept.push(...facts.map(({ event_id }) => event_id))
    return facts.length
  }
  const { take, messages, acknowledged } = setUp(append, (id) => id !== 'one')
  await take(messages([lockOf('one'), lockOf('two')]))
  expect(kept).toEqual(['two'])
  expect(acknowledged).toEqual([1, 2])
})
