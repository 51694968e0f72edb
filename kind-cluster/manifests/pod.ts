import type { Zone } from '#sut/contracts/descriptor.ts'
import type { Container, PodTemplate, Probe, Volume } from './manifest.ts'
import { type Workload, labels } from './names.ts'
import type { ManifestRequest } from './request.ts'

/** Users that the images have, by name too: PostgreSQL refuses to run as somebody who has none. */
export const users = { service: 10_001, stores: 10_002 } as const

export interface PodRequest {
  workload: Workload
  zone: Zone
  user: number
  termination_grace_s: number
  /** Only Patroni talks to the API of Kubernetes. */
  token?: boolean
  /** Undefined: never. */
  eviction_after_s?: number
  /** Pods of this workload go to different nodes, if there are some. */
  spread?: boolean
  volumes: readonly Volume[]
  container: Omit<Container, 'name' | 'imagePullPolicy' | 'terminationMessagePolicy' | 'securityContext'>
}

/** A pod as Kubernetes' strictest policy ("restricted") wants it, bound to its zone. */
export function podTemplate(request: ManifestRequest, pod: PodRequest): PodTemplate {
  const { workload, zone, user } = pod
  const own = labels(request.system, workload, zone)
  return {
    metadata: { labels: own },
    spec: {
      serviceAccountName: workload,
      automountServiceAccountToken: pod.token ?? false,
      enableServiceLinks: false,
      // So that what runs in a container is not process 1, which not even a kill from inside the pod could end.
      shareProcessNamespace: true,
      terminationGracePeriodSeconds: pod.termination_grace_s,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: user,
        runAsGroup: user,
        fsGroup: user,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      // All names are absolute: no search list first; and a name server that is gone is left after a second.
      dnsConfig: {
        options: [
          { name: 'ndots', value: '1' },
          { name: 'timeout', value: '1' },
          { name: 'attempts', value: '3' },
        ],
      },
      affinity: { nodeAffinity: inZone(request.zones[zone]) },
      ...(pod.spread === true && {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: { matchLabels: own },
          },
        ],
      }),
      tolerations: tolerations(zone, pod.eviction_after_s),
      containers: [
        {
          name: workload,
          imagePullPolicy: request.image_pull_policy,
          ...pod.container,
          volumeMounts: [...pod.container.volumeMounts, { name: 'tmp', mountPath: '/tmp' }],
          terminationMessagePolicy: 'FallbackToLogsOnError',
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
      volumes: [...pod.volumes, { name: 'tmp', emptyDir: { sizeLimit: '256Mi' } }],
    },
  }
}

const inZone = (zone: string): object => ({
  requiredDuringSchedulingIgnoredDuringExecution: {
    nodeSelectorTerms: [
      { matchExpressions: [{ key: 'topology.kubernetes.io/region', operator: 'In', values: [zone] }] },
    ],
  },
})

function tolerations(zone: Zone, eviction_after_s: number | undefined): Record<string, unknown>[] {
  const waits = ['not-ready', 'unreachable'].map((taint) => ({
    key: `node.kubernetes.io/${taint}`,
    operator: 'Exists',
    effect: 'NoExecute',
    ...(eviction_after_s !== undefined && { tolerationSeconds: eviction_after_s }),
  }))
  // A small cluster has its third zone, which serves nobody, on the node of the control plane.
  const onControlPlane = { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }
  return zone === 'c' ? [...waits, onControlPlane] : waits
}

/** A probe of a started container, once a period; `limit_s`: as long as the start may take. */
export const startup = (check: Pick<Probe, 'httpGet' | 'tcpSocket'>, limit_s: number): Probe => ({
  ...check,
  periodSeconds: 1,
  failureThreshold: limit_s,
  timeoutSeconds: 2,
})
