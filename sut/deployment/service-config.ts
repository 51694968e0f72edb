import type { ServiceName, SystemDescriptor } from '#sut/contracts/descriptor.ts'
import { callersIn } from '#sut/contracts/topology.ts'
import type { TraceSettings } from '#sut/contracts/tracing.ts'
import type { ServiceConfig } from '#sut/platform/config.ts'
import type { Secrets } from './secrets.ts'

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

/** The configuration of one process: logins and secrets only for what its service calls. */
export function serviceConfigOf(place: Place, system: SystemDescriptor, secrets: Secrets): ServiceConfig {
  const { service } = place
  const calls = callersIn(system).find((each) => each.name === service)?.calls ?? []
  const password = secrets.passwords[service] ?? ''
  return {
    ...place,
    operations: { ...place.operations, token: secrets.operations_token },
    ...(calls.includes('postgres') && { database: { name: service, user: service, password } }),
    ...(calls.includes('redis') && { redis: { user: service, password } }),
    ...(calls.includes('nats') && { nats: { user: service, password } }),
    secrets: secrets.ofService[service] ?? {},
    log_level: 'info',
  }
}

/**
 * Little memory each, for there are many; a larger nursery from the start saves a third of the CPU that starting takes. Many
 * processes with few requests each: at V8's own thresholds (400 and 3000 calls) most code would stay slow for minutes.
 */
export const nodeFlags = [
  '--always-sparkplug',
  '--invocation-count-for-maglev=100',
  '--invocation-count-for-turbofan=1000',
  '--max-old-space-size=256',
  '--min-semi-space-size=16',
  '--max-semi-space-size=32',
]

/** All services of a replica share one heap. */
export const hostFlags = nodeFlags.map((flag) =>
  flag.startsWith('--max-old-space-size=') ? '--max-old-space-size=1024' : flag,
)
