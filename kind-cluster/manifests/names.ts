import type { ServiceDescriptor, Zone } from '#sut/contracts/descriptor.ts'
import type { ManifestRequest } from './request.ts'

export const ports = {
  calls: 8443,
  operations: 8080,
  postgres: 5432,
  patroni: 8008,
  redis: 6379,
  sentinel: 26379,
  nats: 4222,
  route: 6222,
  monitor: 8222,
} as const
export type PortName = keyof typeof ports

/** What runs in pods: services, and the programs of the stores. */
export type Workload = ServiceDescriptor['name'] | 'postgres' | 'redis' | 'sentinel' | 'nats'

export const labelNames = {
  system: 'slot-chaos/system',
  service: 'slot-chaos/service',
  region: 'slot-chaos/region',
  /** Of a pod of PostgreSQL, kept by Patroni: primary or replica. */
  role: 'slot-chaos/role',
} as const

export const labels = (system: string, workload?: string, zone?: string): Record<string, string> => ({
  [labelNames.system]: system,
  ...(workload !== undefined && { [labelNames.service]: workload }),
  ...(zone !== undefined && { [labelNames.region]: zone }),
})

/** The one name of all ready instances of a service in a region. */
export function serviceHost({ system, settings }: ManifestRequest, service: string, region: string): string {
  return `${service}-${region}.${system}.svc.${settings.cluster_domain}`
}

/** The lasting name of a node of a store. */
export function storeHost({ system, settings }: ManifestRequest, store: string, zone: Zone): string {
  return `${store}-${zone}-0.${store}-${zone}.${system}.svc.${settings.cluster_domain}`
}
