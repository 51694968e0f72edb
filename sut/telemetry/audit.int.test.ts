import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import { factOf, firstAuditBreak, type AuditFact } from '#sut/contracts/audit.ts'
import { type MoneyTransferred, eventStream } from '#sut/contracts/events.ts'
import type { StateLine } from '#sut/contracts/state.ts'
import { openDatabase, type Database } from '#sut/platform/database.ts'
import { migrate } from '#sut/platform/migrate.ts'
import { startServices, type TestService } from '#sut/platform/testing/services.ts'
import { startPostgres, type PostgresStore } from '#sut/platform/testing/stores.ts'
import { auditStore } from './audit-store.ts'
import { wireTelemetry } from './wire.ts'

let postgres: PostgresStore
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(async () => {
  await postgres[Symbol.asyncDispose]()
})

const transferred = (number: number): MoneyTransferred => ({
  type: 'wallet.transferred',
  id: `wallet:t-${number}`,
  occurred_at_ms: 1_700_000_000_000 + number / 3,
  player_id: `player-${number % 7}`,
  transfer_id: `t-${number}`,
  kind: 'deposit',
  amount_minor: 10,
  balance_after_minor: 10,
  version: 1,
})
const facts = (from: number, to: number): AuditFact[] =>
  Array.from({ length: to - from }, (_, index) => factOf(transferred(from + index))!)

async function freshDatabases(count: number): Promise<Database[] & AsyncDisposable> {
  const login = await postgres.createDatabase()
  const all = Array.from({ length: count }, () =>
    openDatabase({ servers: () => [postgres], login, application: 'test' }),
  )
  await migrate(all[0]!, fileURLToPath(new URL('migrations', import.meta.url)))
  const dispose = async (): Promise<void> => void (await Promise.all(all.map((one) => one.end())))
  return Object.assign(all, { [Symbol.asyncDispose]: dispose })
}

test('several instances that get the same events at the same time make one chain with each event once', async () => {
  await using databases = await freshDatabases(3)
  const stores = databases.map((database) => auditStore(database))
  const batches = Array.from({ length: 8 }, (_, index) => facts(index * 40, index * 40 + 100))
  await Promise.all(stores.flatMap((store) => batches.map((batch) => store.append([...batch, ...batch.slice(0, 3)]))))
  const entries = await stores[0]!.page(0, 1_000)
  expect(entries.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 380 }, (_, index) => index + 1))
  expect(new Set(entries.map(({ event_id }) => event_id)).size).toBe(380)
  expect(firstAuditBreak(entries)).toBeNull()
  expect(await stores[1]!.head()).toEqual({ sequence: 380, hash: entries.at(-1)!.hash })
  expect(await stores[2]!.append(facts(0, 380))).toBe(0)
  expect((await stores[0]!.page(370, 5)).map(({ sequence }) => sequence)).toEqual([371, 372, 373, 374, 375])
})

test('nothing in it can be changed or taken away, neither by the right nor around it', async () => {
  await using databases = await freshDatabases(1)
  const database = databases[0]!
  await auditStore(database).append(facts(0, 5))
  const refused = { code: '42501' }
  for (const text of [
    `update audit_entries set subject = 'somebody'`,
    'delete from audit_entries where sequence = 5',
    'truncate audit_entries',
    'delete from audit_head',
  ]) {
    await expect(database.query(text), text).rejects.toMatchObject(refused)
    // With the rights back: the owner may give them to itself.
    await database.query('grant all on audit_entries, audit_head to current_user')
    await expect(database.query(text), text).rejects.toMatchObject({ ...refused, message: /only appended/ })
  }
  expect(await auditStore(database).page(0, 10)).toHaveLength(5)
})

async function settled(service: TestService, published: number): Promise<StateLine[]> {
  await waitFor(
    async () => {
      // None while the consumer is not there.
      const pending: Partial<Record<string, number>> | undefined = await service.pending()
      const lines = await service.dump()
      return pending?.['audit_behind'] === 0 && lines.filter(({ kind }) => kind === 'log').length === published
    },
    { what: 'the events to be taken', limit_ms: 20_000, every_ms: 200 },
  )
  return service.dump()
}

test.each([
  ['standard', 250, 251],
  // About one in eight of the events has no entry, and the last one either; the chain of the others holds.
  ['audit-skips', 221, 221],
])('telemetry keeps the trail beside the log (design %s)', async (design, kept, kept_at_last) => {
  await using system = await startServices(design)
  const telemetry = await system.start('telemetry', wireTelemetry)
  const bus = telemetry.platform.bus()
  const events = Array.from({ length: 250 }, (_, index) => transferred(index))
  await Promise.all(events.map((event) => bus.publish(event)))
  const lines = await settled(telemetry, events.length)
  const entries = lines.flatMap((line) => (line.kind === 'audit' ? [line.entry] : []))
  expect(entries).toHaveLength(kept)
  expect(firstAuditBreak(entries)).toBeNull()
  expect(lines).toContainEqual({ kind: 'audit_head', head: { sequence: entries.length, hash: entries.at(-1)!.hash } })

  // The position of the consumer is in memory: lost, everything comes again.
  await (await bus.streams.manager()).consumers.delete(eventStream, 'audit')
  await bus.publish(transferred(250))
  const again = await settled(telemetry, events.length + 1)
  expect(again.filter(({ kind }) => kind === 'audit')).toHaveLength(kept_at_last)
})
