import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import type { Manifest } from './manifest.ts'
import { type PortName, type Workload, labelNames, labels, ports } from './names.ts'
import { isDoor, partsOf } from './parts.ts'

export interface Allowed {
  from: Workload
  to: Workload
  port: PortName
}

/**
 * Who may open a connection to whom: what the descriptor says that services call, a host for all that it has, and what the nodes of a
 * store tell each other.
 */
export function allowedCalls({ services }: SystemDescriptor): Allowed[] {
  const called = services.flatMap((own) => {
    const { name } = own
    return [...new Set(partsOf(own).flatMap(({ calls }) => calls))].flatMap((to): Allowed[] => {
      if (to === 'redis')
        return [
          { from: name, to, port: 'redis' },
          { from: name, to: 'sentinel', port: 'sentinel' },
        ]
      if (to === 'postgres' || to === 'nats') return [{ from: name, to, port: to }]
      const service = services.find((each) => each.name === to)
      if (service === undefined) throw new Error(`${name} calls ${to}, which is not part of the system`)
      return [{ from: name, to: service.name, port: 'calls' }]
    })
  })
  return [
    ...called,
    { from: 'postgres', to: 'postgres', port: 'postgres' },
    { from: 'postgres', to: 'postgres', port: 'patroni' },
    { from: 'redis', to: 'redis', port: 'redis' },
    { from: 'redis', to: 'sentinel', port: 'sentinel' },
    { from: 'sentinel', to: 'redis', port: 'redis' },
    { from: 'sentinel', to: 'sentinel', port: 'sentinel' },
    { from: 'nats', to: 'nats', port: 'route' },
  ]
}

/** Ports that are asked from outside: by players, by probes of nodes, by the autoscaler, and by the harness through the API server. */
const openPorts: Partial<Record<Workload, number[]>> = { postgres: [ports.patroni], nats: [ports.monitor] }

// Nothing but this is let through. A cluster's network may not enforce it: `status` says whether it does. `collector`: the user's own,
// for traces, wherever it is.
export function networkPolicies(system: string, descriptor: SystemDescriptor, collector?: string): Manifest[] {
  const allowed = allowedCalls(descriptor)
  const stores = ['postgres', 'redis', 'sentinel', 'nats'] as const
  const workloads: Workload[] = [...descriptor.services.map(({ name }) => name), ...stores]
  return [
    policy(system, 'default-deny', {}, { policyTypes: ['Ingress', 'Egress'] }),
    policy(
      system,
      'names',
      {},
      { policyTypes: ['Egress'], egress: [{ ports: [protocol('UDP', 53), protocol('TCP', 53)] }] },
    ),
    ...workloads.map((workload) => {
      const service = descriptor.services.find(({ name }) => name === workload)
      const open = service === undefined ? openPorts[workload] : partsOf(service).map((part) => part.operations_port)
      const ingress = [
        ...allowed
          .filter(({ to }) => to === workload)
          .map(({ from, port }) => ({ from: [pods(from)], ports: [tcp(port)] })),
        ...(open === undefined ? [] : [{ ports: open.map((port) => protocol('TCP', port)) }]),
        ...(service !== undefined && isDoor(service) ? [{ ports: [tcp('calls')] }] : []),
      ]
      const egress = [
        ...allowed
          .filter(({ from }) => from === workload)
          .map(({ to, port }) => ({ to: [pods(to)], ports: [tcp(port)] })),
        // Patroni's store is the API of Kubernetes, whose address no manifest can know.
        ...(service !== undefined && collector !== undefined ? [{ ports: [protocol('TCP', portOf(collector))] }] : []),
        ...(workload === 'postgres' ? [{ ports: [protocol('TCP', 443), protocol('TCP', 6443)] }] : []),
      ]
      return policy(
        system,
        workload,
        { [labelNames.service]: workload },
        { policyTypes: ['Ingress', 'Egress'], ingress, egress },
      )
    }),
  ]
}

function portOf(address: string): number {
  const { port, protocol: scheme } = new URL(address)
  return port === '' ? (scheme === 'https:' ? 443 : 80) : Number(port)
}

const protocol = (name: string, port: number): object => ({ protocol: name, port })
const tcp = (name: PortName): object => protocol('TCP', ports[name])
const pods = (workload: Workload): object => ({ podSelector: { matchLabels: { [labelNames.service]: workload } } })

const policy = (system: string, name: string, matchLabels: Record<string, string>, rest: object): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, labels: labels(system) },
  spec: { podSelector: Object.keys(matchLabels).length === 0 ? {} : { matchLabels }, ...rest },
})
