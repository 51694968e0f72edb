import { Type, type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { Failure } from '#lib/errors.ts'
import { systemDescriptor } from '#sut/contracts/descriptor.ts'
import { traceSettings } from '#sut/contracts/tracing.ts'

// Two files in the folder of a system: request.json, which its daemon is started with, and system.json, by which other
// commands find it.
const text = Type.String({ minLength: 1 })
const identity = Type.Object({ pid: Type.Integer(), start_ticks: Type.Integer() })
const environment = Type.Record(Type.String(), Type.String())
const program = Type.Object({ path: text, version: text, environment })

export const linkSelector = Type.Object({
  from: text,
  to: text,
  from_region: Type.Optional(text),
  to_region: Type.Optional(text),
})

export const startRequest = Type.Object({
  id: text,
  folder: text,
  /** Working directory of everything: the root of this project. */
  root: text,
  cache: text,
  design: text,
  descriptor: systemDescriptor,
  /** Path of a service's program, with {service} for its name. */
  entry: text,
  links: Type.Union([Type.Literal('all'), Type.Array(linkSelector)]),
  lease_ms: Type.Integer({ minimum: 0 }),
  ports_from: Type.Optional(Type.Integer({ minimum: 1024, maximum: 65_000 })),
  traces: Type.Optional(traceSettings),
  owner: identity,
  session: text,
  programs: Type.Object({
    nats: program,
    redis: program,
    toxiproxy: program,
    postgres: Type.Object({
      initdb: text,
      postgres: text,
      version: text,
      environment,
      /** PostgreSQL refuses to run as root: then the user that it runs as. */
      run_as: Type.Union([Type.Object({ uid: Type.Integer(), gid: Type.Integer() }), Type.Null()]),
    }),
  }),
  /** Some of settings.ts, for tests. */
  settings: Type.Record(Type.String(), Type.Union([Type.Number(), Type.String()])),
})

export const gateway = Type.Object({ region: text, url: text })

export const systemFile = Type.Object({
  schema: Type.Literal(1),
  id: text,
  design: text,
  state: Type.Enum(['starting', 'ready']),
  started_at_ms: Type.Number(),
  /** Null until the daemon has written this file itself. */
  daemon: Type.Union([identity, Type.Null()]),
  owner: identity,
  session: text,
  /** 0: it lives until `down`. */
  lease_ms: Type.Integer(),
  gateways: Type.Array(gateway),
  authority_file: Type.String(),
  descriptor: systemDescriptor,
  versions: Type.Record(Type.String(), Type.String()),
  settings: Type.Record(Type.String(), Type.Union([Type.Number(), Type.String()])),
})

/** What the daemon tells who started it, over the pipe between them, until the system is ready. */
export type StartMessage =
  | { kind: 'progress'; text: string }
  | { kind: 'ready'; system: SystemFile }
  | { kind: 'failed'; code: string; message: string; hint?: string }

export type StartRequest = Static<typeof startRequest>
export type SystemFile = Static<typeof systemFile>

/** Parses text that another process wrote; throws Failure SYSTEM_LOST with every violation. */
export function parseJson<Schema extends TSchema>(schema: Schema, json: string, what: string): Static<Schema> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw new Failure('SYSTEM_LOST', `${what} is not JSON`, { cause: error })
  }
  const violations = [...Value.Errors(schema, value)].map((error) => `${error.instancePath} ${error.message}`)
  if (violations.length > 0) throw new Failure('SYSTEM_LOST', `${what}: ${violations.join('; ')}`)
  return value as Static<Schema>
}
