import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Clock } from '#lib/clock.ts'
import type { DumpLine } from '#sut/contracts/state.ts'
import { backgroundLoops } from './background.ts'
import type { Bus } from './bus.ts'
import { ownCertificates } from './certificates.ts'
import type { ServiceConfig } from './config.ts'
import { connect, type Connected, type ConnectOptions } from './connect.ts'
import { openDatabase, type Database, type Login } from './database.ts'
import { watchDiscovery, type DiscoveryWatch } from './discovery.ts'
import { layeredCache } from './layered.ts'
import { lazyBus } from './lazy-bus.ts'
import { loadGauges, loadMeter } from './load-meter.ts'
import { serviceLogger } from './logger.ts'
import { operationsServer, type OperationsServer } from './operations.ts'
import { relayOutbox, unpublished } from './outbox-relay.ts'
import { planting } from './planting.ts'
import type { Operate, Platform } from './platform.ts'
import { prometheusMetrics } from './prometheus.ts'
import { readinessChecks } from './readiness.ts'
import { fromAnybody, fromServices, provesWith, type TraceEntry } from './trace-entry.ts'
import type { Tracer } from './tracer.ts'
import { traces } from './traces.ts'

export interface BuiltPlatform extends Pick<Connected, 'listen' | 'closeDoor'> {
  /** The database as its owner, when that is another role than the one that serves; to be ended by who asks. */
  owning: () => Database | undefined
  readonly platform: Platform
  operations(): Promise<OperationsServer>
  /** Does what the first request would have to wait for; the server is open, at this port. */
  prepare(port: number): Promise<void>
  /** What keeps it from being ready, by name; empty is ready. */
  notReady(): Promise<Record<string, string>>
  /** From now on ready, as far as the readiness checks say so. */
  open(): void
  /** From now on not ready. */
  shut(): void
  /** Ends loops, then closes everything in the opposite order of its opening; the server has been closed before. */
  close(): Promise<void>
}

/** The explicit wiring of a service's platform: each part is made here, once, and closed here. */
export async function buildPlatform(
  config: ServiceConfig,
  clock: Clock,
  place: Pick<ConnectOptions, 'public' | 'exchange'>,
): Promise<BuiltPlatform> {
  // Eighteen processes start at once on two cores: a library is loaded only where it is used.
  const redis_module = config.redis === undefined ? undefined : await import('./redis-client.ts')
  const log = serviceLogger(config)
  const metrics = prometheusMetrics({ service: config.service, instance: config.instance, region: config.region })
  const loops = backgroundLoops((name, error) =>
    log.error({ err: error, loop: name }, 'a background loop starts again'),
  )
  const certificates = ownCertificates(config, metrics, log)
  const discovery = watchDiscovery(config.discovery, (text) => log.warn(text))
  let store: Database | undefined
  let cache: Redis | undefined
  let bus: Bus | undefined
  let operations: OperationsServer | undefined
  const meter = loadMeter(clock, () => store?.waiting() ?? 0)
  loadGauges(metrics, meter)
  const traced = traces({ config, clock, metrics, bus: () => platform.bus() })
  const { tracer, share } = traced
  const entry = place.public ? lazily(() => entryFromAnybody(platform, share)) : fromServices
  const own = { config, certificates, discovery, clock, log, metrics, meter, tracer, entry }
  const connected = connect({ ...own, ...place })
  const readiness = readinessChecks()
  const pending = new Map<string, () => Promise<number> | number>()
  const routes = new Map<string, Operate>()
  const dumps: (() => AsyncIterable<DumpLine>)[] = []
  const closers: Closer[] = []
  const openAs = opening(config, discovery, tracer)
  const platform: Platform = {
    config,
    design: config.design,
    part: (name, standard) => planted.part(name, standard),
    clock,
    log,
    metrics,
    get http() {
      return connected.http()
    },
    serve: connected.calling.serve,
    call: connected.calling.call,
    pending: (name, read) => void pending.set(name, read),
    operation: (method, path, handler) => void routes.set(`${method} ${path}`, handler),
    dump: (_name, lines) => void dumps.push(lines),
    readiness: (name, check) => readiness.add(name, check),
    onStop: (name, close) => void closers.push({ name, close }),
    background: (name, loop) => loops.start(name, loop),
    database: () => (store ??= openAs(loginOf(config))),
    redis: () => {
      if (redis_module === undefined) throw new Error(`${config.service} has no redis in its config`)
      return (cache ??= redis_module.redisClient(config, discovery, quietly(log.warn.bind(log)), tracer))
    },
    layered: (options) => {
      const found = metrics.counter('cache_lookups_total', 'Look-ups by the layer that answered', ['cache', 'layer'])
      const redis = config.redis === undefined ? undefined : platform.redis()
      return layeredCache(options, { redis, clock, count: (layer) => found.inc({ cache: options.name, layer }) })
    },
    bus: () => (bus ??= busOf(config, discovery, log, tracer)),
    outbox: (database) => {
      pending.set('outbox', () => unpublished(database))
      const publish = platform.part('platform.publish', (event) => platform.bus().publish(event))
      loops.start('outbox', (signal) => relayOutbox(database, { publish }, signal))
    },
  }
  const planted = planting(platform)
  return {
    platform,
    owning: () => config.database?.owner && openAs({ name: config.database.name, ...config.database.owner }),
    listen: () => connected.listen(),
    closeDoor: () => connected.closeDoor(),
    prepare: (port) => connected.calling.prepare(port),
    notReady: () => readiness.reasons(),
    operations: async () => {
      operations = await operationsServer({
        listen: config.operations,
        registry: metrics.registry,
        load: () => meter.read(),
        notReady: () => readiness.reasons(),
        operations: routes,
        shown: () => connected.shown(),
        pending: async () => ({ ...(await countsOf(pending)), ...traced.pending() }),
        async *dump() {
          for (const lines of [...dumps, planted.lines]) yield* lines()
        },
        planted: planted.own,
      })
      return operations
    },
    open: () => readiness.open(true),
    shut: () => readiness.open(false),
    close: async () => {
      await loops.stop()
      await closeAll(closers, log)
      await connected.calling.close()
      await traced.close()
      await bus?.end()
      cache?.disconnect()
      await store?.end()
      discovery.close()
      certificates.close()
      await operations?.close()
    },
  }
}

function entryFromAnybody(platform: Platform, share: number): TraceEntry {
  const { config, clock } = platform
  const proves = platform.part('gateway.proves-trace', provesWith(config.secrets['trace_key']))
  return fromAnybody({ share, clock, proves })
}

/** At the first request: the server is made before the platform is whole. */
const lazily = (make: () => TraceEntry): TraceEntry => {
  let made: TraceEntry | undefined
  return (...headers) => (made ??= make())(...headers)
}

const opening =
  ({ instance }: ServiceConfig, discovery: DiscoveryWatch, tracer: Tracer) =>
  (login: Login): Database =>
    openDatabase({ servers: () => discovery.current().postgres, login, application: instance, tracer })

function loginOf({ service, database }: ServiceConfig): Login {
  if (database === undefined) throw new Error(`${service} has no database in its config`)
  const { name, user, password } = database
  return { name, user, password }
}

const busOf = (config: ServiceConfig, discovery: DiscoveryWatch, log: Logger, tracer: Tracer): Bus =>
  lazyBus(async () => {
    const { natsBus } = await import('./nats-bus.ts')
    return natsBus({ config, discovery, tracer, report: (error, text) => log.warn({ err: error }, text) })
  })

interface Closer {
  name: string
  close: () => Promise<void>
}

/** The newest first; one that fails keeps none of the others open. */
async function closeAll(closers: readonly Closer[], log: Logger): Promise<void> {
  for (const { name, close } of closers.toReversed())
    await close().catch((error: unknown) => log.error({ err: error, part: name }, 'could not be closed'))
}

async function countsOf(pending: ReadonlyMap<string, () => Promise<number> | number>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const [name, read] of pending) counts[name] = await read()
  return counts
}

/** A store that is away says so at every try: once in ten seconds is enough in the log. */
function quietly(warn: (object: object, text: string) => void): (error: Error) => void {
  let last_ms = -Infinity
  return (error) => {
    if (performance.now() - last_ms < 10_000) return
    last_ms = performance.now()
    warn({ err: error }, 'a store does not answer')
  }
}
