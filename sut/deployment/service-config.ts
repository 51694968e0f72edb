import { type ServiceName, type SystemDescriptor, hostName } from '#sut/contracts/descriptor.ts'
import { callersIn } from '#sut/contracts/topology.ts'
import type { TraceSettings } from '#sut/contracts/tracing.ts'
import type { HostConfig, ServiceConfig } from '#sut/platform/config.ts'
import type { Secrets } from './secrets.ts'
import { ownerOf } from './store-settings.ts'

/** What depends on the place that a process runs in. */
export type Place = Pick<
  ServiceConfig,
  'region' | 'instance' | 'system' | 'design' | 'certificates' | 'discovery' | 'drain_ms'
> & {
  service: ServiceName
  listen: { host: string; port: number }
  operations: { host: string; port: number }
  traces?: TraceSettings
}

/** The configuration of a service: logins and secrets only for what its service calls. */
export function serviceConfigOf(place: Place, system: SystemDescriptor, secrets: Secrets): ServiceConfig {
  const { service } = place
  const calls = callersIn(system).find((each) => each.name === service)?.calls ?? []
  const password = secrets.passwords[service] ?? ''
  const owner = { user: ownerOf(service), password: secrets.owner_passwords[service] ?? '' }
  const token = secrets.operations_tokens[service]
  // An empty one would open the port to everybody.
  if (token === undefined) throw new Error(`${service} has no operations token`)
  return {
    ...place,
    operations: { ...place.operations, token },
    ...(calls.includes('postgres') && { database: { name: service, user: service, password, owner } }),
    ...(calls.includes('redis') && { redis: { user: service, password } }),
    ...(calls.includes('nats') && { nats: { user: service, password } }),
    secrets: secrets.ofService[service] ?? {},
    log_level: 'info',
  }
}

/** What a process of that program reads: the configuration of a service, or of each that a host has. */
export const fileOf = (program: string, configs: ServiceConfig[]): ServiceConfig | HostConfig =>
  program === hostName ? { services: configs } : configs[0]!

/**
 * Little memory each, for there are many; a larger nursery from the start saves a third of the CPU that starting takes. Many
 * processes with few requests each: at V8's own thresholds (400 and 3000 calls) most code would stay slow for minutes.
 */
const nodeFlags = [
  '--always-sparkplug',
  '--invocation-count-for-maglev=100',
  '--invocation-count-for-turbofan=1000',
  '--max-old-space-size=256',
  '--min-semi-space-size=16',
  '--max-semi-space-size=32',
]

/** All services of a replica share one heap. */
const hostFlags = nodeFlags.map((flag) =>
  flag.startsWith('--max-old-space-size=') ? '--max-old-space-size=1024' : flag,
)

/** Of node, for the program of a service or of the host of all. */
export const flagsOf = (program: string): readonly string[] => (program === hostName ? hostFlags : nodeFlags)
