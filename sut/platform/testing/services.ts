import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#lib/clock.ts'
import { services, type ServiceName } from '#sut/contracts/descriptor.ts'
import { eventStream } from '#sut/contracts/events.ts'
import type { PendingWork, StateLine } from '#sut/contracts/state.ts'
import { createAuthority } from '#sut/deployment/pki.ts'
import { createSecrets } from '#sut/deployment/secrets.ts'
import type { ServiceConfig } from '../config.ts'
import type { Discovery } from '../discovery.ts'
import { startService, type StartedService, type Wire } from '../service.ts'
import { startNats, startPostgres, startRedis, type RedisStore } from './stores.ts'

// Services of a test in this process, with the real network between them and real stores below:
//
//   await using system = await startServices('standard')
//   const wallet = await system.start('wallet', wireWallet)
//   const gateway = await system.start('gateway', () => {})
//   await gateway.platform.call('wallet.balance', …)
export interface TestServices extends AsyncDisposable {
  /**
   * In region a. What is started later finds this one, and this one finds it within a second. A second instance of a service has the
   * database of the first.
   */
  start(service: ServiceName, wire: Wire): Promise<TestService>
  readonly redis: RedisStore | undefined
}
export interface TestService extends StartedService {
  /** As the operations port tells it. */
  pending(): Promise<PendingWork['pending']>
  dump(): Promise<StateLine[]>
}

const host = '127.0.0.1'
const token = 'token-of-a-test'

export async function startServices(
  design: string,
  { redis: with_redis = false }: { redis?: boolean } = {},
): Promise<TestServices> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-services-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const authority = await createAuthority(folder, 'test', systemClock)
  const postgres = stack.use(await startPostgres())
  const nats = stack.use(await startNats())
  const redis = with_redis ? stack.use(await startRedis()) : undefined
  const sentinels = redis === undefined ? [] : [{ host: redis.host, port: redis.sentinel.port }]
  const discovery: Discovery = {
    services: {},
    postgres: [{ region: 'a', host: postgres.host, port: postgres.port }],
    redis: { sentinels, group: 'slot', addresses: {} },
    nats: [{ region: 'a', host: nats.host, port: nats.port }],
  }
  const file = join(folder, 'discovery.json')
  const publish = async (): Promise<void> => {
    await writeFile(`${file}.new`, JSON.stringify(discovery))
    await rename(`${file}.new`, file)
  }
  await publish()

  const secrets = createSecrets(services)
  const databases = new Map<ServiceName, Awaited<ReturnType<typeof postgres.createServed>>>()
  const createDatabase = async (service: ServiceName) => {
    const created = await postgres.createServed()
    databases.set(service, created)
    return created
  }
  const configOf = async (service: ServiceName, instance: string): Promise<ServiceConfig> => ({
    service,
    region: 'a',
    instance,
    system: 'test',
    design,
    listen: { host, port: 0 },
    operations: { host, port: 0, token },
    certificates: await authority.issue(service, 'a'),
    discovery: file,
    database: databases.get(service) ?? (await createDatabase(service)),
    ...(redis === undefined ? {} : { redis: { user: 'default', password: 'any' } }),
    nats: { user: 'test', password: 'test' },
    secrets: secrets.ofService[service] ?? {},
    drain_ms: 0,
    log_level: 'silent',
  })
  const started = stack.move()
  let count = 0
  return {
    redis,
    async start(service, wire) {
      const instance = `${service}-a-${(count += 1)}`
      const running = await startService(await configOf(service, instance), wire)
      started.defer(() => running.stop())
      // In a whole system telemetry makes the stream that the outboxes need.
      await running.platform.bus().streams.ensure(eventStream)
      const others = discovery.services[service] ?? []
      discovery.services[service] = [...others, { instance, region: 'a', host, port: running.port }]
      await publish()
      const ask = async (path: string): Promise<string> => {
        const headers = { authorization: `Bearer ${token}` }
        return await (await fetch(`http://${host}:${running.operations_port}${path}`, { headers })).text()
      }
      return {
        ...running,
        pending: async () => (JSON.parse(await ask('/state')) as PendingWork).pending,
        dump: async () =>
          (await ask('/dump'))
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line) as StateLine),
      }
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}
