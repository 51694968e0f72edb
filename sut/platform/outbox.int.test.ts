import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId, random } from '#lib/random.ts'
import { pause, waitFor } from '#lib/wait.ts'
import { eventStream, type SystemEvent } from '#sut/contracts/events.ts'
import type { Bus } from './bus.ts'
import { openDatabase, type Database } from './database.ts'
import { once } from './inbox.ts'
import { natsBus } from './nats-bus.ts'
import { relayBatch, relayOutbox, unpublished } from './outbox-relay.ts'
import { appendEvent } from './outbox.ts'
import { startNats, startPostgres, type PostgresStore, type Store } from './testing/stores.ts'

const tables = `
  create table outbox (
    id bigint generated always as identity primary key,
    event_id text not null unique,
    type text not null,
    player_id text not null,
    body jsonb not null,
    created_at timestamptz not null default now(),
    published_at timestamptz,
  traceparent text
  );
  create index outbox_unpublished on outbox (id) where published_at is null;
  create table inbox (event_id text primary key, at timestamptz not null default now());`

let postgres: PostgresStore
let nats: Store
let bus: Bus
const cleanUp = new AsyncDisposableStack()

beforeAll(async () => {
  postgres = cleanUp.use(await startPostgres())
  nats = cleanUp.use(await startNats())
  const servers = [{ region: 'a' as const, host: nats.host, port: nats.port }]
  const redis = { sentinels: [], group: 'slot', addresses: {} }
  bus = natsBus({
    config: { region: 'a', instance: 'test' },
    discovery: { current: () => ({ services: {}, postgres: [], redis, nats: servers }) },
    report: () => {},
  })
  cleanUp.defer(() => bus.end())
  await bus.streams.ensure(eventStream)
})
afterAll(() => cleanUp.disposeAsync())

async function freshDatabase(): Promise<{ database: Database; name: string }> {
  const login = await postgres.createDatabase()
  const database = openDatabase({ servers: () => [postgres], login, application: 'test' })
  cleanUp.defer(() => database.end())
  await database.query(tables)
  return { database, name: login.name }
}

const event = (): SystemEvent => ({
  type: 'identity.player_registered',
  id: newId(),
  occurred_at_ms: 1.5,
  player_id: newId(),
})
const append = (database: Database, ...events: SystemEvent[]): Promise<void> =>
  database.transaction(async (tx) => {
    for (const each of events) await appendEvent(tx, each)
  })
async function published(ids: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = []
  for await (const { event: each } of bus.read(eventStream)) if (ids.has(each.id)) found.push(each.id)
  return found.toSorted()
}

test('an event whose transaction commits after a later one is published all the same', async () => {
  const { database } = await freshDatabase()
  const [late, early] = [event(), event()]
  const gate = Promise.withResolvers<void>()
  const appended = Promise.withResolvers<void>()
  const slow = database.transaction(async (tx) => {
    await appendEvent(tx, late)
    appended.resolve()
    await gate.promise
  })
  await appended.promise
  await append(database, early)
  expect(await relayBatch(database, bus)).toBe(1)
  gate.resolve()
  await slow
  expect(await relayBatch(database, bus)).toBe(1)
  expect(await published(new Set([late.id, early.id]))).toEqual([late.id, early.id].toSorted())
})

test('many writers and two relays at once: everything is published, each event once', async () => {
  const { database } = await freshDatabase()
  const draw = random('writers')
  const events = Array.from({ length: 300 }, event)
  const abort = new AbortController()
  const relays = [1, 2].map(() => relayOutbox(database, bus, abort.signal))
  const queue = [...events]
  const writers = Array.from({ length: 6 }, async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const each = next
      const hold_ms = draw.integer(8)
      const rolled_back = draw.integer(10) === 0
      const write = (fail: boolean): Promise<void> =>
        database.transaction(async (tx) => {
          await appendEvent(tx, each)
          await pause(hold_ms)
          if (fail) throw new Error('the writer changed its mind')
        })
      if (rolled_back) await write(true).catch(() => {})
      await write(false)
    }
  })
  await Promise.all(writers)
  await waitFor(async () => (await unpublished(database)) === 0, { what: 'an empty outbox', limit_ms: 10_000 })
  abort.abort()
  await Promise.all(relays)
  expect(await published(new Set(events.map(({ id }) => id)))).toEqual(events.map(({ id }) => id).toSorted())
})

test('a relay that loses its database between publish and mark publishes again, and the stream drops the copy', async () => {
  const { database, name } = await freshDatabase()
  const events = Array.from({ length: 20 }, event)
  await append(database, ...events)
  let handed_over = 0
  const interrupted: Pick<Bus, 'publish'> = {
    publish: async (each) => {
      await bus.publish(each)
      // The last of the first batch is acknowledged, and then the session ends before the rows can be marked.
      if (++handed_over === events.length)
        await postgres.administer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
    },
  }
  await relayBatch(database, interrupted)
  expect(handed_over).toBe(2 * events.length)
  expect(await unpublished(database)).toBe(0)
  expect(await published(new Set(events.map(({ id }) => id)))).toEqual(events.map(({ id }) => id).toSorted())
})

test('nothing is marked while the bus is away', async () => {
  const { database } = await freshDatabase()
  await append(database, event())
  await nats.stop('SIGKILL')
  try {
    await expect(relayBatch(database, bus)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await unpublished(database)).toBe(1)
  } finally {
    await nats.start()
  }
  await waitFor(() => relayBatch(database, bus).catch(() => undefined), { what: 'the relay', limit_ms: 20_000 })
  expect(await unpublished(database)).toBe(0)
})

test('an inbox lets an event through once, and again only when its transaction was rolled back', async () => {
  const { database } = await freshDatabase()
  const id = newId()
  const failing = database.transaction(async (tx) => {
    expect(await once(tx, id)).toBe(true)
    throw new Error('not applied')
  })
  await expect(failing).rejects.toThrow('not applied')
  const answers = await Promise.all([1, 2, 3, 4].map(() => database.transaction((tx) => once(tx, id))))
  expect(answers.filter(Boolean)).toHaveLength(1)
})
