import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Type, type Static, type TSchema } from 'typebox'
import { Failure, textOf } from '#lib/errors.ts'
import { regionName, serviceName } from '#sut/contracts/descriptor.ts'
import { traceSettings } from '#sut/contracts/tracing.ts'
import { violationsOf } from './validation.ts'

const text = Type.String({ minLength: 1 })
const port = Type.Integer({ minimum: 0, maximum: 65535 })

/**
 * One JSON file a process, named by the environment variable SLOT_CONFIG; sealed (sealed-file.ts) when SLOT_CONFIG_KEY is set.
 * Where all instances of a service share one file, SLOT_INSTANCE says which of them a process is.
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
  /** `owner`: who migrates. Without one the user does; then it owns what it serves. */
  database: Type.Optional(
    Type.Object({
      name: text,
      user: text,
      password: text,
      owner: Type.Optional(Type.Object({ user: text, password: text })),
    }),
  ),
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

/** Throws CONFIG_INVALID with every violation. `environment`: SLOT_CONFIG, SLOT_CONFIG_KEY, and SLOT_INSTANCE if it is another than the file's. */
export async function readConfig(environment: NodeJS.ProcessEnv): Promise<ServiceConfig> {
  const config = await readOwn(environment, serviceConfig)
  return { ...config, instance: instanceIn(environment) ?? config.instance }
}

/** As above; the services of an instance are told apart by the service at its name: wallet@monolith-a-7d-x. */
export async function readHostConfig(environment: NodeJS.ProcessEnv): Promise<HostConfig> {
  const { services } = await readOwn(environment, hostConfig)
  const host = instanceIn(environment)
  if (host === undefined) return { services }
  return { services: services.map((config) => ({ ...config, instance: `${config.service}@${host}` })) }
}

const instanceIn = ({ SLOT_INSTANCE: instance }: NodeJS.ProcessEnv): string | undefined =>
  instance === '' ? undefined : instance

async function readOwn<Schema extends TSchema>(
  { SLOT_CONFIG: path, SLOT_CONFIG_KEY: key }: NodeJS.ProcessEnv,
  schema: Schema,
): Promise<Static<Schema>> {
  if (path === undefined) throw new Failure('CONFIG_INVALID', 'SLOT_CONFIG names no file')
  // Where nothing is sealed, nothing is loaded for it.
  const reading =
    key === undefined
      ? readFile(path, 'utf8')
      : import('./sealed-file.ts').then(({ readSealed }) => readSealed(path, key))
  const content = await reading.catch((error: unknown) => {
    throw unreadable(path, error)
  })
  return valid(path, content, schema)
}

/** Reads and validates a JSON file; throws CONFIG_INVALID. */
export function readJson<Schema extends TSchema>(path: string, schema: Schema): Static<Schema> {
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch (error) {
    throw unreadable(path, error)
  }
  return valid(path, content, schema)
}

function valid<Schema extends TSchema>(path: string, content: string, schema: Schema): Static<Schema> {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch {
    // Its error shows a part of the text, which may be a password.
    throw new Failure('CONFIG_INVALID', `${path}: is not valid JSON`)
  }
  const violations = violationsOf(schema, value)
  if (violations.length > 0) throw new Failure('CONFIG_INVALID', `${path}: ${violations.join('; ')}`)
  return value as Static<Schema>
}

const unreadable = (path: string, error: unknown): Failure =>
  new Failure('CONFIG_INVALID', `${path}: ${textOf(error)}`, { cause: error })
