import type { Manifest } from './manifest.ts'

// What the harness may do on a cluster that is not its own: printed by the target `kubernetes`, for whoever grants it. Namespaces
// are named after systems, whose ids nobody knows beforehand: so it is a role of the whole cluster.
const every = ['create', 'get', 'list', 'watch', 'patch', 'update', 'delete'] as const
const read = ['get', 'list', 'watch'] as const

export const harnessRules: readonly {
  apiGroups: string[]
  resources: string[]
  verbs: readonly string[]
  why: string
}[] = [
  {
    apiGroups: [''],
    resources: ['namespaces'],
    verbs: every,
    why: 'one a system; its label admits a fault for a moment',
  },
  {
    apiGroups: [''],
    resources: ['services', 'secrets', 'serviceaccounts', 'persistentvolumeclaims', 'configmaps'],
    verbs: every,
    why: 'parts of the system, new certificates; those of configmaps are of Patroni',
  },
  {
    apiGroups: [''],
    resources: ['pods'],
    verbs: [...read, 'patch', 'delete'],
    why: 'watched; deleted as a fault, told of new files',
  },
  { apiGroups: [''], resources: ['pods/ephemeralcontainers'], verbs: ['get', 'patch'], why: 'the agent of a fault' },
  { apiGroups: [''], resources: ['pods/exec'], verbs: ['get', 'create'], why: 'heartbeat of the agent, Redis' },
  { apiGroups: [''], resources: ['pods/proxy'], verbs: ['get'], why: 'load, state and dump of the services' },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'], why: 'why something did not start' },
  { apiGroups: [''], resources: ['nodes', 'events', 'endpoints'], verbs: read, why: 'observations' },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: read, why: 'observations' },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read, why: 'when a pod is routed to' },
  { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: every, why: 'parts of the system' },
  { apiGroups: ['apps'], resources: ['replicasets'], verbs: read, why: 'observations' },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: read, why: 'observations' },
  { apiGroups: ['keda.sh'], resources: ['scaledobjects'], verbs: every, why: 'parts of the system' },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: every, why: 'parts of the system' },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: every, why: 'parts of the system' },
  {
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['roles', 'rolebindings'],
    verbs: every,
    why: 'of Patroni; whoever grants rights must have them',
  },
  { apiGroups: ['metrics.k8s.io'], resources: ['pods'], verbs: read, why: 'CPU' },
]

/** Patroni's rights end with `deletecollection`, which nobody can grant who has it not. */
const granted = { apiGroups: [''], resources: ['configmaps'], verbs: ['deletecollection'] }

export const harnessRole: Manifest = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'slot-chaos' },
  rules: [
    ...harnessRules.map(({ apiGroups, resources, verbs }) => ({ apiGroups, resources, verbs: [...verbs] })),
    granted,
  ],
}
