// As much of Kubernetes' types as these manifests use. The API server checks the rest (a dry run in the end-to-end test).
export interface Metadata {
  name: string
  namespace?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

/** Any object of the API: kind-specific fields as the API spells them. */
export interface Manifest {
  apiVersion: string
  kind: string
  metadata: Metadata
  [field: string]: unknown
}

export interface Probe {
  httpGet?: { path: string; port: string }
  tcpSocket?: { port: string }
  periodSeconds: number
  failureThreshold: number
  timeoutSeconds: number
}

export type EnvironmentVariable =
  | { name: string; value: string }
  | { name: string; valueFrom: { fieldRef: { fieldPath: string } } }
  | { name: string; valueFrom: { secretKeyRef: { name: string; key: string } } }

export interface Quantities {
  cpu?: string
  memory: string
}

export interface VolumeMount {
  name: string
  mountPath: string
  readOnly?: boolean
}

export interface Container {
  name: string
  image: string
  imagePullPolicy: string
  command: readonly string[]
  workingDir?: string
  env: readonly EnvironmentVariable[]
  ports: readonly { name: string; containerPort: number }[]
  startupProbe: Probe
  livenessProbe: Probe
  readinessProbe: Probe
  resources: { requests: Required<Quantities>; limits: { memory: string } }
  volumeMounts: readonly VolumeMount[]
  terminationMessagePolicy: 'FallbackToLogsOnError'
  securityContext: {
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: { drop: readonly ['ALL'] }
  }
}

export type Volume =
  | { name: string; emptyDir: { sizeLimit: string } }
  | { name: string; secret: { secretName: string; defaultMode: number } }

export interface PodSpec {
  serviceAccountName: string
  automountServiceAccountToken: boolean
  enableServiceLinks: false
  shareProcessNamespace: true
  terminationGracePeriodSeconds: number
  securityContext: Record<string, unknown>
  dnsConfig: { options: readonly { name: string; value: string }[] }
  affinity: Record<string, unknown>
  topologySpreadConstraints?: readonly Record<string, unknown>[]
  tolerations: readonly Record<string, unknown>[]
  containers: readonly Container[]
  volumes: readonly Volume[]
}

export interface PodTemplate {
  metadata: { labels: Record<string, string>; annotations?: Record<string, string> }
  spec: PodSpec
}

/** The pod template of a Deployment or StatefulSet. */
export function podTemplateOf(manifest: Manifest): PodTemplate | null {
  const { template } = (manifest['spec'] ?? {}) as { template?: PodTemplate }
  return template ?? null
}
