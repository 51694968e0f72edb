import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { systemClock } from '#lib/clock.ts'
import { Failure, textOf } from '#lib/errors.ts'
import { errorText, redactor, secretsIn } from '#lib/redacted.ts'
import { pause } from '#lib/wait.ts'
import type { ServiceName } from '#sut/contracts/descriptor.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { buildPlatform, type BuiltPlatform } from './build.ts'
import { readConfig, type ServiceConfig } from './config.ts'
import type { Exchange } from './exchange.ts'
import { rightsMigration } from './database-rights.ts'
import { migrate } from './migrate.ts'
import { plantedMigrations } from './planting.ts'
import type { Platform } from './platform.ts'

export interface RunOptions {
  /** TLS without client certificates, HTTP/1.1 too: the gateway's door. */
  public?: boolean
  /** Of the process, when it hosts those that call and are called. */
  exchange?: Exchange
}
export type Wire = (platform: Platform) => Promise<void> | void

export interface StartedService extends Pick<BuiltPlatform, 'notReady'> {
  readonly platform: Platform
  readonly port: number
  readonly operations_port: number
  /** not ready → wait drain_ms → finish requests → end loops → close stores. Idempotent. */
  stop(): Promise<void>
}

/** A start waits so long for a database that takes writes. */
const database_limit_ms = 120_000
const database_pause_ms = 500

/** Requests that are still under way this long after the door was closed are given up. */
const finish_limit_ms = 5000
/** Loops and stores that do not close in this time end with the process. */
const close_limit_ms = 5000

/** The whole life of a service process: see platform.ts for what `wire` gets. */
export async function runService(name: ServiceName, wire: Wire, options: RunOptions = {}): Promise<void> {
  await runProcess(async () => {
    const config = await readConfig(process.env)
    if (config.service !== name) throw new Failure('CONFIG_INVALID', `the config is of ${config.service}, not ${name}`)
    neverWritten(config)
    return () => startService(config, wire, options)
  })
}

const never: string[] = []
/** What the last words of this process may not hold: the secrets of a configuration that is used here. */
export const neverWritten = (config: object): void => void never.push(...secretsIn(config))
const complain = (code: string, text: string): void =>
  void process.stderr.write(`error ${code}: ${redactor(never)(text)}\n`)

/** The life of a process: `prepared` reads its configuration, what it returns starts what runs there. */
export async function runProcess(prepared: () => Promise<() => Promise<Pick<StartedService, 'stop'>>>): Promise<void> {
  // By itself Node would show all that hangs on the error.
  process.once('uncaughtException', (error) => {
    complain('UNCAUGHT', errorText(error))
    process.exit(1)
  })
  let start: Awaited<ReturnType<typeof prepared>>
  try {
    start = await prepared()
  } catch (error) {
    complain(error instanceof Failure ? error.code : 'INTERNAL', textOf(error))
    process.exit(2)
  }
  // While it starts, perhaps waiting for a store or for its neighbours, nothing has to be finished. The first process of a container
  // would ignore the signal else.
  const leave = (): void => process.exit(0)
  // The supervisor is gone: nobody is left who could ask for a stop.
  process.once('disconnect', leave)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, leave)
  const started = await start().catch((error: unknown) => {
    complain('SERVICE_START', errorText(error))
    process.exit(1)
  })
  const end = (): void => void started.stop().then(() => process.exit(0))
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, leave).once(signal, end)
}

/** One service in this process; a start that fails leaves nothing open. */
export async function startService(
  config: ServiceConfig,
  wire: Wire,
  options: RunOptions = {},
): Promise<StartedService> {
  const { exchange, public: isPublic = false } = options
  const built = await buildPlatform(config, systemClock, { public: isPublic, exchange })
  const { platform } = built
  try {
    const operations = await built.operations()
    await migrateOwn(config, built)
    await wire(platform)
    const port = await built.listen()
    await built.prepare(port)
    built.open()
    platform.log.info('ready')
    let stopping: Promise<void> | undefined
    return {
      platform,
      port,
      operations_port: operations.port,
      notReady: () => built.notReady(),
      stop: () => (stopping ??= stop(built, config)),
    }
  } catch (error) {
    await atMost(finish_limit_ms, built.closeDoor())
    await built.close()
    throw error
  }
}

/** As the owner of the tables, if that is another role than the one that serves: it is connected for no longer than this takes. */
async function migrateOwn(config: ServiceConfig, { platform, owning }: BuiltPlatform): Promise<void> {
  const { service, database: login } = config
  if (login === undefined) return
  const folder = fileURLToPath(new URL(`../${service}/migrations/`, import.meta.url))
  const exists = await access(folder).then(
    () => true,
    () => false,
  )
  if (!exists) return
  const owner = owning()
  const rights = owner === undefined ? [] : [rightsMigration(service, login.user)]
  const more = [...rights, ...plantedMigrations(platform.design, service, login.user)]
  try {
    await migratePatiently(platform, () => migrate(owner ?? platform.database(), folder, more))
  } finally {
    await owner?.end()
  }
}

async function migratePatiently(platform: Platform, migrateAll: () => Promise<unknown>): Promise<void> {
  // No server takes writes while the system starts, or in a fail-over: a restart would only add its back-off to that.
  const end = performance.now() + database_limit_ms
  for (;;) {
    try {
      await migrateAll()
      return
    } catch (error) {
      if (!(error instanceof Problem) || performance.now() > end) throw error
      platform.log.warn({ err: error }, 'waits for the database')
    }
    await pause(database_pause_ms)
  }
}

async function stop(built: BuiltPlatform, config: ServiceConfig): Promise<void> {
  built.platform.log.info('stopping')
  built.shut()
  await pause(config.drain_ms)
  await atMost(finish_limit_ms, built.closeDoor())
  await atMost(close_limit_ms, built.close())
}

async function atMost(limit_ms: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController()
  const limit = pause(limit_ms, over.signal).catch(() => {})
  await Promise.race([work, limit])
  over.abort()
}
