import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import { eventStream, logStream, type SystemEvent } from '#sut/contracts/events.ts'
import type { ServiceConfig } from '#sut/platform/config.ts'
import type { DiscoveryWatch } from '#sut/platform/discovery.ts'
import { natsBus } from '#sut/platform/nats-bus.ts'
import { startNats, type Store } from '#sut/platform/testing/stores.ts'
import { recorder } from './recorder.ts'

let nats: Store
beforeAll(async () => {
  nats = await startNats()
})
afterAll(async () => {
  await nats[Symbol.asyncDispose]()
})

const registered = (index: number): SystemEvent => ({
  type: 'identity.player_registered',
  id: `identity:player-${index}`,
  occurred_at_ms: index,
  player_id: `player-${index}`,
})

test('every event is in the log once, what is no event is aside, and nothing is left behind', async () => {
  const config = { instance: 'telemetry-a-1', region: 'a' } as unknown as ServiceConfig
  const address = { region: 'a', host: nats.host, port: nats.port }
  const discovery = { current: () => ({ nats: [address] }) } as unknown as DiscoveryWatch
  const bus = natsBus({ config, discovery, report: () => {} })
  await bus.streams.ensure(eventStream)
  await bus.streams.ensure(logStream)

  const events = Array.from({ length: 50 }, (_, index) => registered(index))
  for (const event of events.slice(0, 10)) await bus.record(event)
  await Promise.all(events.map((event) => bus.publish(event)))
  const strange = { type: 'strange.kind', id: 'strange:1', player_id: 'player-1' }
  await bus.publish(strange as unknown as SystemEvent)

  const aside: unknown[] = []
  const take = recorder({
    record: (event) => bus.record(event),
    putAside: async (_, { event }) => void aside.push(event),
    count: () => {},
  })
  const abort = new AbortController()
  const consuming = bus.consume({ stream: eventStream, durable: 'telemetry', batch: 20 }, take, abort.signal)
  await waitFor(async () => aside.length === 1 && (await bus.behind(eventStream, 'telemetry').catch(() => 1)) === 0, {
    what: 'all events to be taken',
    limit_ms: 20_000,
  })
  abort.abort()
  await consuming

  const ids: string[] = []
  for await (const { event } of bus.read(logStream)) ids.push(event.id)
  expect(ids.toSorted()).toEqual(events.map(({ id }) => id).toSorted())
  expect(aside).toEqual([strange])
  await bus.end()
})
