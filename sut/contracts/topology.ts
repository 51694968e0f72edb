import { hostName, type ServiceDescriptor, type ServiceName, type SystemDescriptor } from './descriptor.ts'

// The same services as processes of their own, or composed into one process a replica. What calls and is reached over a link,
// and what is started, scaled and killed, is then no longer the same: these functions say which is which.

export type Topology = 'services' | 'monolith'

/** One thread has no use for more than a core. */
const host_cpu_request_millicores = 1000

/** The system in that topology. A monolith has the replicas of the gateway, and is scaled by its signals: a replica is a door. */
export function inTopology(topology: Topology, system: SystemDescriptor): SystemDescriptor {
  const door = system.services.find(({ name }) => name === 'gateway')
  if (topology === 'services' || door === undefined) return system
  const host: ServiceDescriptor = {
    name: hostName,
    replicas: door.replicas,
    ...(door.scaling !== undefined && {
      scaling: { ...door.scaling, cpu_request_millicores: host_cpu_request_millicores },
    }),
    calls: [],
    // To each other they go in process: only the stores are reached over links.
    hosts: callersIn(system).map(({ name, calls }) => ({
      name,
      calls: calls.filter((to) => system.stores.includes(to)),
      within: calls.filter((to) => !system.stores.includes(to)),
    })),
  }
  return { ...system, services: [host] }
}

export interface Caller {
  name: ServiceName
  calls: readonly string[]
}

/** Every service, hosted or not, with what it calls over links. */
export const callersIn = ({ services }: Pick<SystemDescriptor, 'services'>): Caller[] =>
  services.flatMap(({ name, calls, hosts }) => hosts ?? (name === hostName ? [] : [{ name, calls }]))

/** The host within whose process a service calls another; undefined when it does so over a link, or never. */
export const hostBetween = (from: string, to: string, { services }: SystemDescriptor): string | undefined =>
  services.find(({ hosts }) => hosts?.some(({ name, within }) => name === from && within.includes(to)))?.name

/** Whose processes a service runs in: its own, or those of its host; a store, or what is unknown, stays as it is. */
export const processesOf = (service: string, { services }: SystemDescriptor): string =>
  services.find(({ hosts }) => hosts?.some(({ name }) => name === service))?.name ?? service
