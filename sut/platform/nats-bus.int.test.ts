import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import { eventStream, logStream, type SystemEvent } from '#sut/contracts/events.ts'
import { natsBus } from './nats-bus.ts'
import { startNats } from './testing/stores.ts'

let nats: Awaited<ReturnType<typeof startNats>>
beforeAll(async () => {
  nats = await startNats()
})
afterAll(async () => {
  await nats[Symbol.asyncDispose]()
})

const event = (id: string): SystemEvent => ({
  type: 'identity.player_registered',
  id,
  occurred_at_ms: 1,
  player_id: `player-${id}`,
})

function connectBus() {
  const servers = [{ region: 'a' as const, host: nats.host, port: nats.port }]
  const redis = { sentinels: [], group: 'slot', addresses: {} }
  const troubles: string[] = []
  const bus = natsBus({
    config: { instance: 'test', region: 'a' },
    discovery: { current: () => ({ services: {}, postgres: [], redis, nats: servers }) },
    report: (_error, text) => void troubles.push(text),
  })
  return { bus, troubles }
}

test('the log takes each event once, and is read back whole', async () => {
  const { bus } = connectBus()
  await bus.streams.ensure(logStream)
  await bus.streams.ensure(logStream)
  expect(await bus.record(event('one'))).toBe(true)
  expect(await bus.record(event('two'))).toBe(true)
  expect(await bus.record(event('one'))).toBe(false)
  const ids: string[] = []
  for await (const one of bus.read(logStream)) ids.push(one.event.id)
  expect(ids).toEqual(['one', 'two'])
  await bus.end()
})

test('a consumer hands over everything, again what was refused, also after the server was away', async () => {
  const { bus } = connectBus()
  await bus.streams.ensure(eventStream)
  const seen = new Map<string, number>()
  const abort = new AbortController()
  let refusals = 1
  const consuming = bus.consume(
    { stream: eventStream, durable: 'test', batch: 50 },
    async (messages) => {
      for (const message of messages) {
        const taken = message.event
        seen.set(taken.id, (seen.get(taken.id) ?? 0) + 1)
        if (refusals-- > 0) throw new Error('refused once')
        message.ack()
      }
    },
    abort.signal,
  )
  await bus.publish(event('first'))
  await bus.publish(event('first'))
  await waitFor(() => seen.get('first') === 2, { what: 'the second delivery', limit_ms: 15_000 })

  await nats.stop('SIGKILL')
  await nats.start()
  await waitFor(
    () =>
      bus.publish(event('second')).then(
        () => true,
        () => false,
      ),
    { what: 'a publication after the restart', limit_ms: 20_000 },
  )
  await waitFor(() => seen.has('second'), { what: 'the event after the restart', limit_ms: 20_000 })
  await waitFor(async () => (await bus.behind(eventStream, 'test')) === 0, { what: 'nothing behind', limit_ms: 15_000 })
  abort.abort()
  await consuming
  await bus.end()
})
