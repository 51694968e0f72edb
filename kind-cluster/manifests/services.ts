import type { Region, ServiceDescriptor } from '#sut/contracts/descriptor.ts'
import { flagsOf } from '#sut/deployment/service-config.ts'
import type { Container, Manifest } from './manifest.ts'
import { type Workload, labels, ports } from './names.ts'
import { isDoor } from './parts.ts'
import { podTemplate, startup, users } from './pod.ts'
import type { ManifestRequest } from './request.ts'
import { configFolder, serviceSecret } from './service-secret.ts'

// A service in a region, or a host of all: a Deployment, a name for all its ready pods, and a Secret.
export function serviceManifests(request: ManifestRequest, service: ServiceDescriptor): Manifest[] {
  return [
    serviceAccount(request.system, service.name),
    ...request.descriptor.regions.flatMap((region) => [
      serviceSecret(request, service, region),
      headless(request, service.name, region, { calls: ports.calls, operations: ports.operations }, false),
      ...(isDoor(service) ? [publicDoor(request, service.name, region)] : []),
      deployment(request, service, region),
    ]),
    disruptionBudget(request.system, service.name),
  ]
}

/** An identity without any right, and without a token. */
export const serviceAccount = (system: string, name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, labels: labels(system, name) },
  automountServiceAccountToken: false,
})

/** A name that stands for the addresses of the pods themselves. `all`: of those that are not ready too. */
export function headless(
  { system }: ManifestRequest,
  name: string,
  zone: string,
  named: Readonly<Record<string, number>>,
  all: boolean,
): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-${zone}`, labels: labels(system, name, zone) },
    spec: {
      clusterIP: 'None',
      selector: labels(system, name, zone),
      publishNotReadyAddresses: all,
      ports: Object.entries(named).map(([port_name, port]) => ({ name: port_name, port, targetPort: port })),
    },
  }
}

/** The door of a region for players: a port of its own nodes, which leads to its own gateways, whatever they run in. */
const publicDoor = ({ system, node_ports }: ManifestRequest, name: Workload, region: Region): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: `gateway-${region}-public`, labels: labels(system, name, region) },
  spec: {
    type: 'NodePort',
    externalTrafficPolicy: 'Local',
    selector: labels(system, name, region),
    ports: [{ name: 'calls', port: ports.calls, targetPort: ports.calls, nodePort: node_ports[region] }],
  },
})

/** Whoever empties nodes takes one pod of a service (in all regions) at a time. */
export const disruptionBudget = (system: string, name: string): Manifest => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, labels: labels(system, name) },
  spec: { maxUnavailable: 1, selector: { matchLabels: labels(system, name) } },
})

function deployment(request: ManifestRequest, service: ServiceDescriptor, region: Region): Manifest {
  const { system, settings } = request
  const own = labels(system, service.name, region)
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `${service.name}-${region}`, labels: own },
    spec: {
      replicas: service.replicas,
      revisionHistoryLimit: 2,
      selector: { matchLabels: own },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: podTemplate(request, {
        workload: service.name,
        zone: region,
        user: users.service,
        termination_grace_s: settings.termination_grace_s,
        eviction_after_s: settings.eviction_after_s,
        spread: true,
        container: container(request, service),
        volumes: [{ name: 'config', secret: { secretName: `${service.name}-${region}`, defaultMode: 0o440 } }],
      }),
    },
  }
}

type OwnContainer = Omit<Container, 'name' | 'imagePullPolicy' | 'terminationMessagePolicy' | 'securityContext'>

function container({ images, settings }: ManifestRequest, service: ServiceDescriptor): OwnContainer {
  const get = (path: string) => ({ httpGet: { path, port: 'operations' } })
  const { readiness_period_s, readiness_failures, liveness_period_s, liveness_failures } = settings
  return {
    image: images.service,
    command: ['/usr/local/bin/node', ...flagsOf(service.name), `${service.name}/main.mjs`],
    workingDir: '/app',
    // The image says where it has its modules compiled.
    env: [
      { name: 'SLOT_CONFIG', value: `${configFolder}/config.json` },
      { name: 'SLOT_INSTANCE', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'NODE_ENV', value: 'production' },
    ],
    ports: [
      { name: 'calls', containerPort: ports.calls },
      { name: 'operations', containerPort: ports.operations },
    ],
    startupProbe: startup(get('/livez'), settings.startup_limit_s),
    livenessProbe: {
      ...get('/livez'),
      periodSeconds: liveness_period_s,
      failureThreshold: liveness_failures,
      timeoutSeconds: 2,
    },
    readinessProbe: {
      ...get('/readyz'),
      periodSeconds: readiness_period_s,
      failureThreshold: readiness_failures,
      timeoutSeconds: 1,
    },
    resources: resourcesOf(service, settings.cpu_request_percent),
    volumeMounts: [{ name: 'config', mountPath: configFolder, readOnly: true }],
  }
}

/** No limit of CPU: a limit would only make latency out of load. That of memory leaves room beside the heap (flagsOf). */
function resourcesOf({ scaling, hosts }: ServiceDescriptor, percent: number): Container['resources'] {
  const millicores = Math.round(((scaling?.cpu_request_millicores ?? 100) * percent) / 100)
  const [usual, most] = hosts === undefined ? ['128Mi', '512Mi'] : ['256Mi', '1536Mi']
  return { requests: { cpu: `${millicores}m`, memory: usual }, limits: { memory: most } }
}
