import { readFileSync } from 'node:fs'
import { Type, type Static, type TSchema } from 'typebox'
import { Failure, textOf } from '#lib/errors.ts'
import { regionName, serviceName } from '#sut/contracts/descriptor.ts'
import { traceSettings } from '#sut/contracts/tracing.ts'
import { violationsOf } from './validation.ts'

const text = Type.String({ minLength: 1 })
const port = Type.Integer({ minimum: 0, maximum: 65535 })

/**
 * One JSON file a process, named by the environment variable SLOT_CONFIG. Where all instances of a service share one file,
 * SLOT_INSTANCE says which of them a process is.
 */
export const serviceConfig = Type.Object({
  service: serviceName,
  region: regionName,
  instance: text, // wallet-a-1
  system: text, // id of the whole system
  design: text,
  listen: Type.Object({ host: text, port }),
  operations: Type.Object({ host: text, port, token: text }),
  /** PEM files, read again when they change. */
  certificates: Type.Object({ authority: text, certificate: text, key: text }),
  /** The file that discovery.ts describes. */
  discovery: text,
  database: Type.Optional(Type.Object({ name: text, user: text, password: text })),
  redis: Type.Optional(Type.Object({ user: text, password: text })),
  nats: Type.Optional(Type.Object({ user: text, password: text })),
  traces: Type.Optional(traceSettings),
  secrets: Type.Record(Type.String(), Type.String()),
  /** Between "not ready" and "accepts no more": the time that callers need to notice. */
  drain_ms: Type.Integer({ minimum: 0, maximum: 60_000 }),
  log_level: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
})
export type ServiceConfig = Static<typeof serviceConfig>

/** The file of a process that hosts several services: what each would have in a file of its own. */
export const hostConfig = Type.Object({ services: Type.Array(serviceConfig, { minItems: 1 }) })
export type HostConfig = Static<typeof hostConfig>

/** Throws CONFIG_INVALID with every violation. `environment`: SLOT_CONFIG, and SLOT_INSTANCE if it is another than the file's. */
export function readConfig({ SLOT_CONFIG: path, SLOT_INSTANCE: instance }: NodeJS.ProcessEnv): ServiceConfig {
  if (path === undefined) throw new Failure('CONFIG_INVALID', 'SLOT_CONFIG names no file')
  const config = readJson(path, serviceConfig)
  return instance === undefined || instance === '' ? config : { ...config, instance }
}

/** Throws CONFIG_INVALID with every violation. */
export function readHostConfig({ SLOT_CONFIG: path }: NodeJS.ProcessEnv): HostConfig {
  if (path === undefined) throw new Failure('CONFIG_INVALID', 'SLOT_CONFIG names no file')
  return readJson(path, hostConfig)
}

/** Reads and validates a JSON file; throws CONFIG_INVALID. */
export function readJson<Schema extends TSchema>(path: string, schema: Schema): Static<Schema> {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Failure('CONFIG_INVALID', `${path}: ${textOf(error)}`, { cause: error })
  }
  const violations = violationsOf(schema, value)
  if (violations.length > 0) throw new Failure('CONFIG_INVALID', `${path}: ${violations.join('; ')}`)
  return value as Static<Schema>
}
