import { bakedReference } from '../offline/baked-images.ts'
import { versions } from '../offline/versions.ts'
import { clusterSettings } from './settings.ts'

// What every cluster of ours runs beside Kubernetes: metrics-server and KEDA. Both stand on the control plane in zone c, so that
// the loss of a serving region takes away neither the readings nor those who act on them.

/** A part of the configuration hash: a cluster with other addons is another cluster. */
export const addonsVersion = `metrics-server ${versions.metrics_server}, keda ${versions.keda}, 2`

const labels = { app: 'metrics-server' }
const name = 'metrics-server'
const namespace = 'kube-system'
const metadata = { name, namespace }
const subjects = [{ kind: 'ServiceAccount', name, namespace }]
const rbac = 'rbac.authorization.k8s.io'

export const onControlPlane = {
  nodeSelector: { 'node-role.kubernetes.io/control-plane': '' },
  tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }],
} as const

const metricsImage = (offline: boolean): string =>
  offline ? bakedReference(name) : `registry.k8s.io/metrics-server/metrics-server:v${versions.metrics_server}`

/** As its own release manifests have it, with the resolution of ours. */
export function metricsServer({ offline }: { offline: boolean }): object[] {
  const bind = (kind: string, role: string, rest: object, more: object = {}): object => ({
    apiVersion: `${rbac}/v1`,
    kind: kind === 'Role' ? 'RoleBinding' : 'ClusterRoleBinding',
    metadata: rest,
    roleRef: { apiGroup: rbac, kind, name: role },
    subjects,
    ...more,
  })
  const rules = [
    { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
  ]
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: `system:${name}` }, rules },
    bind('ClusterRole', `system:${name}`, { name: `system:${name}` }),
    bind('ClusterRole', 'system:auth-delegator', { name: `${name}:system:auth-delegator` }),
    bind('Role', 'extension-apiserver-authentication-reader', { name: `${name}-auth-reader`, namespace }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: labels, ports: [{ port: 443, targetPort: 10250 }] },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.metrics.k8s.io' },
      spec: {
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name, namespace },
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: metricsPod(offline) } },
    },
  ]
}

function metricsPod(offline: boolean): object {
  return {
    serviceAccountName: name,
    priorityClassName: 'system-cluster-critical',
    ...onControlPlane,
    containers: [
      {
        name,
        image: metricsImage(offline),
        imagePullPolicy: 'IfNotPresent',
        args: [
          '--secure-port=10250',
          '--cert-dir=/tmp',
          // The kubelets of kind sign their own certificates.
          '--kubelet-insecure-tls',
          '--kubelet-preferred-address-types=InternalIP',
          `--metric-resolution=${clusterSettings.metrics_resolution_s}s`,
          // Must be shorter than the resolution.
          '--kubelet-request-timeout=5s',
        ],
        readinessProbe: { httpGet: { path: '/readyz', port: 10250, scheme: 'HTTPS' }, periodSeconds: 2 },
        resources: { requests: { cpu: '20m', memory: '50Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          runAsUser: 1000,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
      },
    ],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  }
}

/** For `kubectl kustomize`, beside a copy of the folder config/ of KEDA's module. JSON is YAML. */
export function kedaKustomization({ offline }: { offline: boolean }): object {
  const images = { 'keda-metrics-apiserver': 'keda-adapter', keda: 'keda' } as const
  const container = '/spec/template/spec/containers/0'
  const operations = [
    { op: 'replace', path: `${container}/imagePullPolicy`, value: 'IfNotPresent' },
    { op: 'replace', path: `${container}/resources/requests`, value: { cpu: '20m', memory: '100Mi' } },
    { op: 'replace', path: '/spec/template/spec/nodeSelector', value: onControlPlane.nodeSelector },
    { op: 'add', path: '/spec/template/spec/tolerations', value: onControlPlane.tolerations },
    // Ours have the program elsewhere, and as their entry point.
    ...(offline ? [{ op: 'remove', path: `${container}/command` }] : []),
  ]
  // It is one alone: on a busy machine it would lose an election against nobody, and start again.
  const alone = [
    { op: 'test', path: `${container}/args/0`, value: '--leader-elect' },
    { op: 'remove', path: `${container}/args/0` },
  ]
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: ['config/minimal'],
    images: Object.entries(images).map(([official, own]) => {
      const [newName = '', newTag] = offline ? bakedReference(own).split(':') : [`ghcr.io/kedacore/${official}`]
      return { name: `ghcr.io/kedacore/${official}`, newName, newTag: newTag ?? versions.keda }
    }),
    patches: [
      { target: { kind: 'Deployment' }, patch: JSON.stringify(operations) },
      { target: { kind: 'Deployment', name: 'keda-operator' }, patch: JSON.stringify(alone) },
    ],
  }
}
