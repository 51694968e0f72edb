import { Failure } from '#lib/errors.ts'
import type { ServiceName } from '#sut/contracts/descriptor.ts'
import { readHostConfig, type HostConfig } from './config.ts'
import { callExchange } from './exchange.ts'
import { runProcess, startService, type StartedService, type Wire, neverWritten } from './service.ts'

/** A service that shares its process with others. */
export interface Part {
  readonly name: ServiceName
  readonly wire: Wire
  /** It has a door of its own, and is ready when all are; the others are called within the process alone. */
  readonly public?: boolean
}

export interface StartedHost {
  readonly services: ReadonlyMap<ServiceName, StartedService>
  /** The last that was started first, each to its end. Idempotent. */
  stop(): Promise<void>
}

/** The whole life of a process that hosts several services. `parts`: each after those that it calls. */
export async function runHost(parts: readonly Part[]): Promise<void> {
  await runProcess(async () => {
    const config = await readHostConfig(process.env)
    neverWritten(config)
    return () => startHost(config, parts)
  })
}

/** Several services in this process, each with its own stores, metrics and operations port; a start that fails leaves nothing open. */
export async function startHost({ services }: HostConfig, parts: readonly Part[]): Promise<StartedHost> {
  const configs = parts.map((part) => ({ part, config: services.find(({ service }) => service === part.name) }))
  const lacking = configs.flatMap(({ part, config }) => (config === undefined ? [part.name] : []))
  if (lacking.length > 0) throw new Failure('CONFIG_INVALID', `no configuration of ${lacking.join(', ')}`)
  const exchange = callExchange()
  const started = new Map<ServiceName, StartedService>()
  const stop = async (): Promise<void> => {
    for (const { name } of parts.toReversed()) await started.get(name)?.stop()
  }
  const start = async ({ part, config }: (typeof configs)[number]): Promise<void> => {
    // Only a door has to be left open until callers have noticed: who is called here, is called by nobody once the door is closed.
    const own = part.public === true ? config! : { ...config!, drain_ms: 0 }
    const wire = part.public === true ? withAll(started, part.wire) : part.wire
    started.set(part.name, await startService(own, wire, { public: part.public === true, exchange }))
  }
  try {
    // One after the other waits eight times for a database; the doors open when what is behind them is there.
    const inner = await Promise.allSettled(configs.filter(({ part }) => part.public !== true).map(start))
    for (const outcome of inner) if (outcome.status === 'rejected') throw outcome.reason
    for (const each of configs.filter(({ part }) => part.public === true)) await start(each)
  } catch (error) {
    await stop()
    throw error
  }
  let stopping: Promise<void> | undefined
  return { services: started, stop: () => (stopping ??= stop()) }
}

/** One question to the door says whether the whole process is ready: a platform need not know who else is in it. */
function withAll(others: ReadonlyMap<ServiceName, StartedService>, wire: Wire): Wire {
  return async (platform) => {
    await wire(platform)
    for (const [name, { notReady }] of others)
      platform.readiness(name, async () => Object.keys(await notReady()).length === 0)
  }
}
