import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import { eventStream, logStream, type SystemEvent } from '#sut/contracts/events.ts'
import type { ServiceConfig } from '#sut/platform/config.ts'
import type { DiscoveryWatch } from '#sut/platform/discovery.ts'
import { natsBus } from '#sut/platform/nats-bus.ts'
import { startNats, type Store } from '#sut/platform/testing/stores.ts'
import { deadLetters } from './dead-letters.ts'
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

test('every event is in the log once, what is no event is a dead letter that can be sent again, and nothing is left behind', async () => {
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

  const letters = deadLetters(bus)
  const take = recorder({
    record: (event) => bus.record(event),
    putAside: letters.keep,
    count: () => {},
  })
  const abort = new AbortController()
  const consuming = bus.consume({ stream: eventStream, durable: 'telemetry', batch: 20 }, take, abort.signal)
  await waitFor(
    async () =>
      (await letters.list()).length === 1 && (await bus.behind(eventStream, 'telemetry').catch(() => 1)) === 0,
    {
      what: 'all events to be taken',
      limit_ms: 20_000,
    },
  )
  const logged = async (): Promise<string[]> => {
    const ids: string[] = []
    for await (const { event } of bus.read(logStream)) ids.push(event.id)
    return ids.toSorted()
  }
  expect(await logged()).toEqual(events.map(({ id }) => id).toSorted())
  const [letter] = await letters.list()
  expect(letter).toMatchObject({ event: strange, violations: expect.arrayContaining([expect.any(String)]) as unknown })
  await expect(letters.replay(letter!.sequence)).rejects.toMatchObject({ code: 'malformed' })

  // One that was refused by an older contract, and is understood by now.
  await letters.keep(1_000_000, { event: registered(99), violations: ['/type is not known'] })
  await letters.replay(1_000_000)
  await expect(letters.remove(letter!.sequence)).rejects.toMatchObject({ code: 'malformed' })
  await waitFor(async () => (await logged()).includes(registered(99).id), {
    what: 'the letter in the log',
    limit_ms: 20_000,
  })
  const removed = (): Promise<boolean> =>
    letters.remove(1_000_000).then(
      () => true,
      () => false,
    )
  await waitFor(removed, { what: 'the letter to be taken', limit_ms: 20_000 })
  await expect(letters.replay(1_000_000)).rejects.toMatchObject({ code: 'not_found' })
  expect(await letters.list()).toEqual([letter])

  abort.abort()
  await consuming
  await bus.end()
})
