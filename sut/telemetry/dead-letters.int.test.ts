import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import { eventStream, logStream, type SystemEvent } from '#sut/contracts/events.ts'
import type { Bus } from '#sut/platform/bus.ts'
import type { ServiceConfig } from '#sut/platform/config.ts'
import type { DiscoveryWatch } from '#sut/platform/discovery.ts'
import { natsBus } from '#sut/platform/nats-bus.ts'
import { startNats, type Store } from '#sut/platform/testing/stores.ts'
import { deadLetters } from './dead-letters.ts'
import { recorder } from './recorder.ts'

let nats: Store
let bus: Bus
beforeAll(async () => {
  nats = await startNats()
  const config = { instance: 'telemetry-a-1', region: 'a' } as unknown as ServiceConfig
  const address = { region: 'a', host: nats.host, port: nats.port }
  const discovery = { current: () => ({ nats: [address] }) } as unknown as DiscoveryWatch
  bus = natsBus({ config, discovery, report: () => {} })
  await bus.streams.ensure(eventStream)
  await bus.streams.ensure(logStream)
})
afterAll(async () => {
  await bus.end()
  await nats[Symbol.asyncDispose]()
})

const registered = (id: string): SystemEvent => ({
  type: 'identity.player_registered',
  id,
  occurred_at_ms: 1,
  player_id: 'player-1',
})

const limit = { limit_ms: 20_000 }
async function consumed(take: Parameters<Bus['consume']>[1], until: () => Promise<boolean>): Promise<void> {
  const abort = new AbortController()
  const consuming = bus.consume({ stream: eventStream, durable: 'telemetry', batch: 20 }, take, abort.signal)
  await waitFor(until, { what: 'the consumer', ...limit }).finally(() => abort.abort())
  await consuming
}
async function logged(id: string): Promise<number> {
  let count = 0
  for await (const { event } of bus.read(logStream)) if (event.id === id) count++
  return count
}

/** Published a moment ago, and understood by nobody then. */
async function letterOf(id: string): Promise<number> {
  const letters = deadLetters(bus)
  await bus.publish(registered(id))
  await consumed(
    async (messages) => {
      for (const { event, sequence, ack } of messages) {
        await letters.keep(sequence, { event, violations: ['/type is not known yet'] })
        ack()
      }
    },
    async () => (await letters.list()).some(({ event }) => (event as SystemEvent).id === id),
  )
  return (await letters.list()).find(({ event }) => (event as SystemEvent).id === id)!.sequence
}
const take = recorder({ record: (event) => bus.record(event), putAside: async () => {}, count: () => {} })

test('a letter of an event that came a moment ago reaches its consumers when it is sent again', async () => {
  const letters = deadLetters(bus)
  const sequence = await letterOf('identity:late')
  await letters.replay(sequence)
  // Nobody consumes: nothing has become of it yet, so it is still there.
  expect((await letters.list()).map((letter) => letter.sequence)).toContain(sequence)
  await consumed(take, async () => (await logged('identity:late')) > 0)
  expect(await logged('identity:late')).toBe(1)
})
