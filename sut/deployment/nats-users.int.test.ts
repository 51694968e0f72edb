import { type NatsConnection, connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import { services } from '#sut/contracts/descriptor.ts'
import { eventStream, eventTypes, logStream, type SystemEvent } from '#sut/contracts/events.ts'
import { inboxOf } from '#sut/platform/bus-streams.ts'
import type { Bus } from '#sut/platform/bus.ts'
import { natsBus } from '#sut/platform/nats-bus.ts'
import { type Store, startNats } from '#sut/platform/testing/stores.ts'
import { natsUsers } from './nats-users.ts'
import { createSecrets } from './secrets.ts'
import { storeRights } from './store-rights.ts'

const secrets = createSecrets(services)
const users = services.filter((name) => storeRights[name].nats !== undefined)
type User = (typeof services)[number]
const rightsOf = (name: User) => storeRights[name].nats ?? {}

let nats: Store
const cleanUp = new AsyncDisposableStack()
beforeAll(async () => {
  nats = cleanUp.use(await startNats(natsUsers(secrets)))
  const telemetry = busOf('telemetry')
  for (const name of [eventStream, logStream] as const) await telemetry.streams.ensure(name)
  await telemetry.kv('log-invalid')
  await busOf('analytics').kv('analytics')
})
afterAll(() => cleanUp.disposeAsync())

function busOf(name: User): Bus {
  const servers = [{ region: 'a' as const, host: nats.host, port: nats.port }]
  const redis = { sentinels: [], group: 'slot', addresses: {} }
  const bus = natsBus({
    config: { region: 'a', instance: name, nats: { user: name, password: secrets.passwords[name]! } },
    discovery: { current: () => ({ services: {}, postgres: [], redis, nats: servers }) },
    report: () => {},
  })
  cleanUp.defer(() => bus.end())
  return bus
}
async function connectAs(user: string, password: string): Promise<NatsConnection> {
  const servers = `${nats.host}:${nats.port}`
  const connection = await connect({ servers, user, pass: password, inboxPrefix: inboxOf(user) })
  cleanUp.defer(() => connection.close())
  return connection
}

/** What the server says to a request; each answer of it, even an error of JetStream, is one that it should not have given. */
const refusal = (connection: NatsConnection, subject: string): Promise<string> =>
  connection.request(subject, '{}', { timeout: 5_000 }).then(
    () => `${subject} was answered`,
    (error: unknown) => String(error),
  )
async function listening(connection: NatsConnection, subject: string): Promise<string> {
  let heard = `${subject} was allowed`
  connection.subscribe(subject, { callback: (error) => void (heard = String(error)) })
  // The server answers in order: the refusal has come before this.
  await connection.flush()
  return heard
}

const streams = [eventStream, logStream, 'KV_analytics', 'KV_log-invalid']
const nobodys = [
  ...streams.flatMap((name) =>
    ['STREAM.DELETE', 'STREAM.UPDATE', 'STREAM.PURGE', 'STREAM.MSG.DELETE'].map((verb) => `$JS.API.${verb}.${name}`),
  ),
  ...['STREAM.CREATE.OTHER', 'STREAM.LIST', 'STREAM.NAMES', 'INFO'].map((verb) => `$JS.API.${verb}`),
  // Past the consumers that have an owner.
  ...['STREAM.MSG.GET', 'DIRECT.GET', 'CONSUMER.CREATE'].map((verb) => `$JS.API.${verb}.${eventStream}`),
  ...[
    'CONSUMER.CREATE.EVENTS.spy',
    'CONSUMER.DURABLE.CREATE.EVENTS.spy',
    'CONSUMER.CREATE.EVENTS.session.events.>',
  ].map((verb) => `$JS.API.${verb}`),
  ...['telemetry', 'analytics-0'].map((durable) => `$JS.API.CONSUMER.DELETE.${eventStream}.${durable}`),
]
const ownedBy: readonly (readonly [User, readonly string[]])[] = [
  ['telemetry', ['log.one', '$KV.log-invalid.sequence-1', '$JS.API.CONSUMER.CREATE.LOG.spy']],
  ['analytics', ['$KV.analytics.shard-0', '$JS.API.DIRECT.GET.KV_analytics.$KV.analytics.shard-0']],
  ...users.map((name) => {
    const durables = (rightsOf(name).consumes ?? []).map(({ durable }) => `EVENTS.${durable}`)
    return [
      name,
      durables.flatMap((each) => [`$JS.API.CONSUMER.MSG.NEXT.${each}`, `$JS.ACK.${each}.1.1.1.1.1`]),
    ] as const
  }),
]

describe.each([...users, 'observer'] as const)('%s in NATS', (name) => {
  const password = secrets.passwords[name] ?? secrets.observer

  test('cannot say, or ask for, what is not its own', async () => {
    const connection = await connectAs(name, password)
    const own: readonly string[] = name === 'observer' ? [] : (rightsOf(name).publishes ?? [])
    const forbidden = [
      ...eventTypes.filter((type) => !own.includes(type)).map((type) => `events.0.${type}`),
      ...nobodys,
      ...ownedBy.flatMap(([owner, subjects]) => (owner === name ? [] : subjects)),
    ]
    // The observer has no inbox that an answer could come to: so far it does not even get.
    const kind = name === 'observer' ? /permissions violation/i : /permissions violation for publish/i
    for (const subject of forbidden) expect(await refusal(connection, subject)).toMatch(kind)
  })

  test('cannot hear what is meant for another', async () => {
    const connection = await connectAs(name, password)
    const others = users.filter((other) => other !== name).map((other) => `${inboxOf(other)}.>`)
    for (const subject of [...others, '_INBOX.>', '>', 'events.>', 'log.>', '$KV.>', '$JS.>', '$SYS.>'])
      expect(await listening(connection, subject)).toMatch(/permissions violation for subscription/i)
  })
})

const event = (type: string, id: string): SystemEvent =>
  ({ type, id, occurred_at_ms: 1, player_id: `player-${id}` }) as unknown as SystemEvent

test('each service publishes its events, and hears that they were taken', async () => {
  for (const name of users)
    for (const type of rightsOf(name).publishes ?? []) await busOf(name).publish(event(type, `${name}:${type}`))
})

test.each(users.flatMap((name) => (rightsOf(name).consumes ?? []).map((consumer) => ({ name, ...consumer }))))(
  '$name takes events with its consumer $durable and acknowledges them',
  async ({ name, durable, filter }) => {
    const bus = busOf(name)
    const telemetry = busOf('telemetry')
    // One for every shard that a filter may name.
    for (let index = 0; index < 60; index++) await telemetry.publish(event('game.round_ended', `${durable}:${index}`))
    const abort = new AbortController()
    let taken = 0
    const consuming = bus.consume(
      { stream: eventStream, durable, batch: 50, ...(filter === undefined ? {} : { filter }) },
      async (messages) => {
        for (const message of messages) message.ack()
        taken += messages.length
      },
      abort.signal,
    )
    const done = async (): Promise<boolean> => taken > 0 && (await bus.behind(eventStream, durable)) === 0
    await waitFor(() => done().catch(() => false), { what: `${durable} to be done`, limit_ms: 20_000 })
    abort.abort()
    await consuming
  },
)

test('telemetry keeps the log and its dead letters', async () => {
  const bus = busOf('telemetry')
  expect(await bus.record(event('wallet.transferred', 'logged'))).toBe(true)
  const ids: string[] = []
  for await (const { event: logged } of bus.read(logStream)) ids.push(logged.id)
  expect(ids).toEqual(['logged'])
  const letters = await bus.kv('log-invalid')
  await letters.put('sequence-1', 'one')
  expect(await Array.fromAsync(await letters.keys())).toEqual(['sequence-1'])
  expect((await letters.get('sequence-1'))?.string()).toBe('one')
  await letters.delete('sequence-1')
  expect(await Array.fromAsync(await letters.keys())).toEqual([])
})

test('analytics keeps its models, and sees how far all consumers are', async () => {
  const bus = busOf('analytics')
  const bucket = await bus.kv('analytics')
  await bucket.put('shard-0', 'model', { previousSeq: 0 })
  expect((await bucket.get('shard-0'))?.string()).toBe('model')
  const manager = await bus.streams.manager()
  const written = await manager.streams.getMessage('KV_analytics', { last_by_subj: '$KV.analytics.shard-0' })
  expect(written?.string()).toBe('model')
  const listed: string[] = []
  for await (const { name } of manager.consumers.list(eventStream)) listed.push(name)
  expect(listed).toContain('analytics-0')
})

test('who does not log in, or not rightly, is not let in', async () => {
  const servers = `${nats.host}:${nats.port}`
  await expect(connect({ servers, reconnect: false })).rejects.toThrow(/authorization/i)
  await expect(connectAs('wallet', secrets.passwords['game']!)).rejects.toThrow(/authorization/i)
})
