import { labelNames } from '#kind-cluster/manifests/names.ts'
import { hostName, services } from '#sut/contracts/descriptor.ts'

// What of Kubernetes' objects this target reads. Times are texts in RFC 3339, mostly with whole seconds.

export interface Metadata {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  creationTimestamp?: string
  deletionTimestamp?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

export interface KubernetesObject {
  apiVersion?: string
  kind?: string
  metadata: Metadata
}

interface Terminated {
  exitCode: number
  signal?: number
  reason?: string
  message?: string
  finishedAt?: string
}

export interface ContainerStatus {
  name: string
  ready?: boolean
  restartCount?: number
  containerID?: string
  state?: {
    waiting?: { reason?: string; message?: string }
    running?: { startedAt?: string }
    terminated?: Terminated
  }
  lastState?: { terminated?: Terminated & { containerID?: string } }
}

export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason?: string
  message?: string
  lastTransitionTime?: string
}

export interface Pod extends KubernetesObject {
  spec?: {
    nodeName?: string
    containers: { name: string; ports?: { name?: string; containerPort: number }[] }[]
    ephemeralContainers?: { name: string }[]
  }
  status?: {
    phase?: string
    reason?: string
    message?: string
    podIP?: string
    conditions?: Condition[]
    containerStatuses?: ContainerStatus[]
    ephemeralContainerStatuses?: ContainerStatus[]
  }
}

export interface EndpointSlice extends KubernetesObject {
  endpoints?: {
    addresses: string[]
    conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean }
    targetRef?: { kind?: string; name?: string }
  }[]
}

export interface Node extends KubernetesObject {
  spec?: { unschedulable?: boolean }
  status?: { conditions?: Condition[]; addresses?: { type: string; address: string }[] }
}

export interface ConfigMap extends KubernetesObject {
  data?: Record<string, string>
}

export interface MetricStatus {
  type: string
  resource?: { name: string; current: MetricValue }
  external?: { metric: { name: string }; current: MetricValue }
  pods?: { metric: { name: string }; current: MetricValue }
}

export interface MetricSpec {
  type: string
  resource?: { name: string; target: MetricValue }
  external?: { metric: { name: string }; target: MetricValue }
  pods?: { metric: { name: string }; target: MetricValue }
}

/** Quantities are texts: 250m, 12, 1k. */
export interface MetricValue {
  averageUtilization?: number
  averageValue?: string
  value?: string
}

export interface Autoscaler extends KubernetesObject {
  spec: {
    scaleTargetRef: { kind: string; name: string }
    minReplicas?: number
    maxReplicas: number
    metrics?: MetricSpec[]
  }
  status?: { currentReplicas?: number; desiredReplicas: number; currentMetrics?: (MetricStatus | null)[] | null }
}

export interface ClusterEvent extends KubernetesObject {
  type?: string
  reason?: string
  message?: string
  involvedObject?: { kind?: string; name?: string }
}

export interface Listed<T> {
  metadata: { resourceVersion: string }
  items: T[]
}

/** What a pod runs: a service, or a program of a store; undefined when it is none of ours. */
export const workloadOf = ({ metadata }: KubernetesObject): string | undefined => metadata.labels?.[labelNames.service]
export const regionOf = ({ metadata }: KubernetesObject): string | undefined => metadata.labels?.[labelNames.region]
export const isInstance = (pod: Pod): boolean => [...services, hostName].some((name) => name === workloadOf(pod))

export const conditionOf = (
  object: { status?: { conditions?: Condition[] } } | undefined,
  type: string,
): Condition | undefined => object?.status?.conditions?.find((each) => each.type === type)

export const isTrue = (object: { status?: { conditions?: Condition[] } } | undefined, type: string): boolean =>
  conditionOf(object, type)?.status === 'True'

/** The container that a pod is about: its first one. */
export const mainStatus = (pod: Pod | undefined): ContainerStatus | undefined => {
  const name = pod?.spec?.containers[0]?.name
  return pod?.status?.containerStatuses?.find((each) => each.name === name)
}
