import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import { eventStream, logStream, type SystemEvent } from '#sut/contracts/events.ts'
import type { Bus } from '#sut/platform/bus.ts'
import type { ServiceConfig } from '#sut/platform/config.ts'
import type { DiscoveryWatch } from '#sut/platform/discovery.ts'
import { natsBus } from '#sut/platform/nats-bus.ts'
import { startNats, type Store } from '#sut/platform/testing/stores.ts'
import { deadLetters, matches } from './dead-letters.ts'
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
      for (const message of messages) {
        const { event, sequence } = message
        await letters.keep(sequence, { event, violations: ['/type is not known yet'] })
        message.ack()
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
  expect((await letters.list()).find((letter) => letter.sequence === sequence)?.sent_again?.waiting).toEqual([
    'telemetry',
  ])
  await expect(letters.remove(sequence)).rejects.toMatchObject({ code: 'unavailable' })
  await consumed(take, async () => (await logged('identity:late')) > 0)
  expect(await logged('identity:late')).toBe(1)
  // What it was handed is acknowledged a moment after it is in the log.
  const removed = (): Promise<boolean> =>
    letters.remove(sequence).then(
      () => true,
      () => false,
    )
  await waitFor(removed, { what: 'the letter to be taken', ...limit })
  await expect(letters.remove(sequence)).rejects.toMatchObject({ code: 'not_found' })
})

test('a letter that several send again at once is sent once; a later replay sends it once more; it is applied once', async () => {
  const letters = deadLetters(bus)
  const sequence = await letterOf('identity:asked-twice')
  const sent = await Promise.all([letters.replay(sequence), letters.replay(sequence), letters.replay(sequence)])
  expect(new Set(sent).size).toBe(1)
  const later = await letters.replay(sequence)
  expect(later).toBeGreaterThan(sent[0])
  const taken: string[] = []
  await consumed(
    async (messages) => {
      taken.push(...messages.map(({ event }) => event.id))
      await take(messages)
    },
    async () => taken.length >= 2,
  )
  expect(taken).toEqual(['identity:asked-twice', 'identity:asked-twice'])
  expect(await logged('identity:asked-twice')).toBe(1)
})

test('a message that comes again does not undo that its letter was sent again', async () => {
  const letters = deadLetters(bus)
  const sequence = await letterOf('identity:redelivered')
  await letters.replay(sequence)
  await letters.keep(sequence, { event: registered('identity:redelivered'), violations: ['again'] })
  expect((await letters.list()).find((letter) => letter.sequence === sequence)).toHaveProperty('sent_again')
})

test.each([
  [undefined, true],
  ['events.>', true],
  ['events.3.>', true],
  ['events.4.>', false],
  ['events.*.wallet.transferred', true],
  ['events.*.game.round_ended', false],
  ['events.*.wallet', false],
  ['events.3.wallet.transferred.>', false],
])('the filter %s: %s', (filter, passes) => {
  expect(matches(filter, 'events.3.wallet.transferred')).toBe(passes)
})
