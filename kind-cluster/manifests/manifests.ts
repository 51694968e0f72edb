import { autoscaledServices, scaledObjects } from './autoscaling.ts'
import { authoritySecret } from './certificates.ts'
import type { Manifest } from './manifest.ts'
import { labels } from './names.ts'
import { natsManifests } from './nats.ts'
import { networkPolicies } from './network.ts'
import { postgresManifests } from './postgres.ts'
import { redisManifests } from './redis.ts'
import type { ManifestRequest } from './request.ts'
import { serviceManifests } from './services.ts'

/** Kinds in the order in which they are applied: what others refer to comes first, stores before what waits for them. */
export const applyOrder = [
  'Namespace',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'NetworkPolicy',
  'PodDisruptionBudget',
  'Secret',
  'Service',
  'StatefulSet',
  'Deployment',
  'ScaledObject',
] as const

/** The whole system on Kubernetes, in the order in which it is applied. Everything is in its one namespace, and so ends with it. */
export function manifestsOf(request: ManifestRequest): Manifest[] {
  const { system, descriptor, autoscaling } = request
  const inNamespace = [
    authoritySecret(system, request.material.authority),
    ...networkPolicies(system, descriptor, request.traces?.otlp_endpoint),
    ...postgresManifests(request),
    ...redisManifests(request),
    ...natsManifests(request),
    ...descriptor.services.flatMap((service) => serviceManifests(request, service)),
    ...(autoscaling ? autoscaledServices(descriptor).flatMap((service) => scaledObjects(request, service)) : []),
  ]
  const all = [
    namespace(system),
    ...inNamespace.map((each) => ({ ...each, metadata: { ...each.metadata, namespace: system } })),
  ]
  return applyOrder.flatMap((kind) => all.filter((each) => each.kind === kind))
}

const namespace = (system: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: system, labels: { ...labels(system), ...podSecurity('restricted') } },
})

/** Labels of the namespace. While a fault puts its agent into a pod, the first one says `privileged`. */
export const podSecurity = (level: 'restricted' | 'privileged'): Record<string, string> => ({
  'pod-security.kubernetes.io/enforce': level,
  'pod-security.kubernetes.io/audit': 'restricted',
  'pod-security.kubernetes.io/warn': 'restricted',
})
