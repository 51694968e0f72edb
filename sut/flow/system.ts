import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '#lib/free-port.ts'
import { systemClock } from '#lib/clock.ts'
import { services, type ServiceName } from '#sut/contracts/descriptor.ts'
import { inTopology } from '#sut/contracts/topology.ts'
import type { ServiceConfig } from '#sut/platform/config.ts'
import { createAuthority, type Authority } from '#sut/deployment/pki.ts'
import { natsUsers } from '#sut/deployment/nats-users.ts'
import { createSecrets, type Secrets } from '#sut/deployment/secrets.ts'
import { serviceConfigOf } from '#sut/deployment/service-config.ts'
import { slotBackend } from '#sut/descriptor.ts'
import { choices } from '#sut/designs/registry.ts'
import { parts } from '#sut/monolith/parts.ts'
import { startHost } from '#sut/platform/host.ts'
import { startNats, startPostgres, startRedis, type PostgresStore } from '#sut/platform/testing/stores.ts'
import { startService, type StartedService } from '#sut/platform/service.ts'

// All eight services in the process of a test, with real stores, and real mutual TLS between them unless the design is a monolith:
// what a player can do, without the machinery of a whole local system.
const with_database = ['identity', 'session', 'game', 'wallet', 'catalog', 'telemetry'] as const

export interface TestSystem extends AsyncDisposable {
  readonly url: string
  /** With it a client has its traces recorded. */
  readonly trace_key: string
  /** Passwords of the accounts `operator` and `auditor`. */
  readonly staff: Secrets['staff']
  /** The text that a service answers on its operations port: /dump, /metrics, /readyz, /state. */
  ask(service: ServiceName, path: string): Promise<string>
  readonly services: ReadonlyMap<ServiceName, StartedService>
  /** New certificates for all services, while they run. */
  rotate(): Promise<void>
}

export async function startTestSystem(design = 'standard'): Promise<TestSystem> {
  const cleanUp = new AsyncDisposableStack()
  try {
    const folder = await mkdtemp(join(tmpdir(), 'slot-chaos-test-system-'))
    cleanUp.defer(() => rm(folder, { recursive: true, force: true }))
    const postgres = cleanUp.use(await startPostgres())
    const secrets = createSecrets(services)
    const nats = cleanUp.use(await startNats(natsUsers(secrets)))
    const redis = cleanUp.use(await startRedis(secrets))
    const ports = Object.fromEntries(await Promise.all(services.map(async (name) => [name, await freePort()] as const)))
    const discovery = join(folder, 'discovery.json')
    const at = (port: number) => ({ region: 'a', host: '127.0.0.1', port })
    await writeFile(
      discovery,
      JSON.stringify({
        services: Object.fromEntries(
          services.map((name) => [name, [{ instance: `${name}-a-1`, ...at(ports[name]!) }]]),
        ),
        postgres: [at(postgres.port)],
        redis: { sentinels: [at(redis.sentinel.port)], group: 'slot', addresses: {} },
        nats: [at(nats.port)],
      }),
    )
    const authority = await createAuthority(folder, 'test', systemClock)
    const around = { design, discovery, secrets, authority, postgres }
    const configs = await Promise.all(services.map((name) => configOf(name, { ...around, port: ports[name]! })))
    const start = choices(design).topology === 'monolith' ? startTogether : startApart
    const started = await start(configs, cleanUp.defer.bind(cleanUp))
    return {
      url: `https://127.0.0.1:${ports['gateway']}`,
      staff: secrets.staff,
      trace_key: secrets.trace_key,
      ask: async (service, path) => {
        const { operations_port } = started.get(service)!
        const headers = { authorization: `Bearer ${secrets.operations_tokens[service]}` }
        return (await fetch(`http://127.0.0.1:${operations_port}${path}`, { headers })).text()
      },
      services: started,
      rotate: async () => {
        await Promise.all(services.map((name) => authority.issue(name, 'a')))
      },
      [Symbol.asyncDispose]: () => cleanUp.disposeAsync(),
    }
  } catch (error) {
    await cleanUp.disposeAsync()
    throw error
  }
}

type Start = (
  configs: ServiceConfig[],
  atEnd: (stop: () => Promise<void>) => void,
) => Promise<ReadonlyMap<ServiceName, StartedService>>

const startApart: Start = async (configs, atEnd) => {
  const started = new Map<ServiceName, StartedService>()
  for (const config of configs) {
    const part = parts.find(({ name }) => name === config.service)!
    const service = await startService(config, part.wire, { public: part.public === true })
    atEnd(() => service.stop())
    started.set(config.service, service)
  }
  return started
}

const startTogether: Start = async (configs, atEnd) => {
  const host = await startHost({ services: configs }, parts)
  atEnd(() => host.stop())
  return host.services
}

interface Place {
  design: string
  port: number
  discovery: string
  secrets: Secrets
  authority: Authority
  postgres: PostgresStore
}

async function configOf(service: ServiceName, { design, port, discovery, secrets, authority, postgres }: Place) {
  const database = with_database.some((name) => name === service)
    ? { database: await postgres.createServed(service) }
    : {}
  const place = {
    service,
    region: 'a' as const,
    instance: `${service}-a-1`,
    system: 'test',
    design,
    listen: { host: '127.0.0.1', port },
    operations: { host: '127.0.0.1', port: 0 },
    certificates: await authority.issue(service, 'a'),
    discovery,
    drain_ms: 0,
  }
  // The users of Redis and NATS are those of every target: what a service may not do there fails here.
  return {
    ...serviceConfigOf(place, inTopology(choices(design).topology, slotBackend), secrets),
    ...database,
    log_level: 'warn' as const,
  }
}
