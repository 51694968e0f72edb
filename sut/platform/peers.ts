import type { Clock } from '#lib/clock.ts'
import { random } from '#lib/random.ts'
import type { CertificateWatch } from './certificates.ts'
import type { ServiceConfig } from './config.ts'
import type { DiscoveryWatch, Instance } from './discovery.ts'
import { connectPeer, type Peer } from './peer.ts'

export interface KeyedInstance extends Instance {
  /** Its address: an instance that comes back elsewhere is another one for the balancer. */
  readonly key: string
  readonly service: string
}

export interface Peers {
  of(service: string): readonly KeyedInstance[]
  get(instance: KeyedInstance): Peer
  /** The next call gets a new connection. */
  drop(key: string): void
  /** Discovery names an instance at this address. */
  names(key: string): boolean
  close(): void
}

export interface PeersOptions {
  config: ServiceConfig
  certificates: CertificateWatch
  discovery: DiscoveryWatch
  clock: Clock
}

/** Connections age, so that load finds new instances: five minutes, give or take one. */
const age_ms = { least: 240_000, spread: 120_000 }

/** The connections of this process to all instances that discovery names; those that it no longer names are closed. */
export function peers(options: PeersOptions): Peers {
  const { config, certificates, discovery, clock } = options
  const open = new Map<string, Peer & { until_ms: number }>()
  const spread = random(`${config.instance}/peers`)
  let instances = keyed(discovery.current().services)

  const drop = (key: string): void => {
    open.get(key)?.close()
    open.delete(key)
  }
  const dropAll = (): void => {
    for (const key of open.keys()) drop(key)
  }
  const stopListening = discovery.onChange(({ services }) => {
    instances = keyed(services)
    const named = new Set(Object.values(instances).flatMap((list) => list.map(({ key }) => key)))
    for (const key of open.keys()) if (!named.has(key)) drop(key)
  })
  // What is under way on the old connections ends there.
  const stopRotation = certificates.onChange(dropAll)

  return {
    of: (service) => instances[service] ?? [],
    get: (instance) => {
      const now_ms = clock.monotonic_ms()
      const known = open.get(instance.key)
      if (known !== undefined && known.until_ms > now_ms && !known.silent()) return known
      drop(instance.key)
      const peer = connectPeer(instance.service, instance, certificates.current(), () => clock.monotonic_ms())
      const fresh = { ...peer, until_ms: now_ms + age_ms.least + spread.integer(age_ms.spread) }
      open.set(instance.key, fresh)
      return fresh
    },
    drop,
    names: (key) => Object.values(instances).some((list) => list.some((instance) => instance.key === key)),
    close: () => {
      stopListening()
      stopRotation()
      dropAll()
    },
  }
}

function keyed(services: Record<string, Instance[]>): Record<string, KeyedInstance[]> {
  return Object.fromEntries(
    Object.entries(services).map(([service, list]) => [
      service,
      list.map((instance) => ({ ...instance, service, key: `${instance.host}:${instance.port}` })),
    ]),
  )
}
