import { describe, expect, test } from 'vitest'
import type { SystemEvent } from '#sut/contracts/events.ts'
import type { BusMessage } from '#sut/platform/bus.ts'
import { recorder, violationsOf } from './recorder.ts'

const registered = (id: string): SystemEvent => ({
  type: 'identity.player_registered',
  id,
  occurred_at_ms: 1,
  player_id: 'player-1',
})

function setUp(record: (event: SystemEvent) => Promise<boolean>) {
  const acknowledged: number[] = []
  const aside = new Map<number, unknown>()
  const counts: string[] = []
  const take = recorder({
    record,
    putAside: async (sequence, kept) => void aside.set(sequence, kept),
    count: (outcome) => counts.push(outcome),
  })
  const messages = (events: unknown[]): BusMessage[] =>
    events.map((event, index) => ({
      event: event as SystemEvent,
      sequence: index + 1,
      redelivered: false,
      ack: () => void acknowledged.push(index + 1),
      nak: () => {},
    }))
  return { take, messages, acknowledged, aside, counts }
}

describe('the recorder', () => {
  test('writes each event once and is done with one that the log has', async () => {
    const log = new Set<string>()
    const { take, messages, acknowledged, counts } = setUp(async ({ id }) => !log.has(id) && Boolean(log.add(id)))
    await take(messages([registered('identity:1'), registered('identity:2'), registered('identity:1')]))
    expect([...log]).toEqual(['identity:1', 'identity:2'])
    expect(acknowledged).toEqual([1, 2, 3])
    expect(counts.toSorted()).toEqual(['known', 'recorded', 'recorded'])
  })

  test('keeps aside what is no event, and says why', async () => {
    const { take, messages, acknowledged, aside } = setUp(async () => true)
    await take(messages([{ type: 'no.such_type', id: 'x' }, registered('with space'), registered('fine')]))
    expect(acknowledged).toEqual([1, 2, 3])
    expect([...aside.keys()]).toEqual([1, 2])
    expect(aside.get(2)).toMatchObject({ violations: ['/id cannot be part of a subject'] })
  })

  test('leaves what the log did not take, and acknowledges the rest', async () => {
    const { take, messages, acknowledged } = setUp(async ({ id }) => {
      if (id === 'two') throw new Error('no leader')
      return true
    })
    await expect(take(messages([registered('one'), registered('two'), registered('three')]))).rejects.toThrow(
      'no leader',
    )
    expect(acknowledged).toEqual([1, 3])
  })

  test('takes events as the services make them', () => {
    expect(violationsOf(registered('identity:00000000-0000-4000-8000-000000000000'))).toEqual([])
    expect(violationsOf({ ...registered('a'), occurred_at_ms: 'now' })).not.toEqual([])
  })
})
