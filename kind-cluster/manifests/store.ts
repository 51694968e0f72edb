import type { Zone } from '#sut/contracts/descriptor.ts'
import type { Container, EnvironmentVariable, Manifest, Probe, Quantities } from './manifest.ts'
import { type PortName, type Workload, labels, ports } from './names.ts'
import { podTemplate, users } from './pod.ts'
import type { ManifestRequest } from './request.ts'
import { headless } from './services.ts'

export interface StoreNode {
  store: Exclude<Workload, 'gateway'>
  zone: Zone
  /** Files of /config, in a Secret of this node alone. */
  files: Readonly<Record<string, string>>
  command: readonly string[]
  env?: readonly EnvironmentVariable[]
  ports: readonly PortName[]
  probes: { startup: Probe; liveness: Probe; readiness: Probe }
  requests: Required<Quantities>
  memory_limit: string
  /** Size of /data, which outlives the pod; null: it need not. */
  storage: string | null
  termination_grace_s: number
  /** Has rights of its own. */
  token?: boolean
  pod_labels?: Readonly<Record<string, string>>
}

// One node of a store: a StatefulSet of one pod, so that its name, and what it has on disk, stay when the pod is replaced.
export function storeNode(request: ManifestRequest, node: StoreNode): Manifest[] {
  const { store, zone } = node
  const name = `${store}-${zone}`
  const own = labels(request.system, store, zone)
  const named = Object.fromEntries(node.ports.map((port) => [port, ports[port]]))
  const pod = podTemplate(request, {
    workload: store,
    zone,
    user: users.stores,
    termination_grace_s: node.termination_grace_s,
    ...(node.token === true && { token: true }),
    container: containerOf(request, node),
    volumes: [
      { name: 'config', secret: { secretName: name, defaultMode: 0o440 } },
      ...(node.storage === null ? [{ name: 'data', emptyDir: { sizeLimit: '64Mi' } }] : []),
    ],
  })
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, labels: own },
      type: 'Opaque',
      stringData: { ...node.files },
    },
    headless(request, store, zone, named, true),
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name, labels: own },
      spec: {
        serviceName: name,
        replicas: 1,
        revisionHistoryLimit: 2,
        selector: { matchLabels: own },
        template: { ...pod, metadata: { labels: { ...pod.metadata.labels, ...node.pod_labels } } },
        ...(node.storage !== null && { volumeClaimTemplates: [claim(node.storage, own)] }),
      },
    },
  ]
}

function containerOf({ images }: ManifestRequest, node: StoreNode): Omit<Container, Given> {
  return {
    image: images.stores,
    command: node.command,
    env: node.env ?? [],
    ports: node.ports.map((name) => ({ name, containerPort: ports[name] })),
    startupProbe: node.probes.startup,
    livenessProbe: node.probes.liveness,
    readinessProbe: node.probes.readiness,
    resources: { requests: node.requests, limits: { memory: node.memory_limit } },
    volumeMounts: [
      { name: 'config', mountPath: '/config', readOnly: true },
      { name: 'data', mountPath: '/data' },
    ],
  }
}
type Given = 'name' | 'imagePullPolicy' | 'terminationMessagePolicy' | 'securityContext'

const claim = (storage: string, own: Record<string, string>): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', labels: own },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
})
