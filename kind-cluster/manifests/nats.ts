import { zones } from '#sut/contracts/descriptor.ts'
import { natsUsers } from '#sut/deployment/nats-users.ts'
import { natsConfiguration, natsEnvironment } from '#sut/deployment/store-settings.ts'
import type { Manifest, Probe } from './manifest.ts'
import { ports, storeHost } from './names.ts'
import { startup } from './pod.ts'
import type { ManifestRequest } from './request.ts'
import { disruptionBudget, serviceAccount } from './services.ts'
import { storeNode } from './store.ts'

/** Three NATS servers, one a zone, one cluster; JetStream keeps streams with three replicas. */
export function natsManifests(request: ManifestRequest): Manifest[] {
  const { material, settings } = request
  const { secrets } = material
  const health = (path: string): Pick<Probe, 'httpGet'> => ({ httpGet: { path, port: 'monitor' } })
  return [
    serviceAccount(request.system, 'nats'),
    ...zones.flatMap((zone) =>
      storeNode(request, {
        store: 'nats',
        zone,
        files: {
          'nats.conf': natsConfiguration({
            name: `nats-${zone}`,
            listen: `0.0.0.0:${ports.nats}`,
            monitor: `0.0.0.0:${ports.monitor}`,
            route: `0.0.0.0:${ports.route}`,
            others: zones
              .filter((each) => each !== zone)
              .map((each) => `${storeHost(request, 'nats', each)}:${ports.route}`),
            store_dir: '/data',
            sync_interval: settings.nats_sync_interval,
            users: natsUsers(secrets),
            cluster_password: secrets.nats_cluster,
          }),
        },
        command: ['nats-server', '--config', '/config/nats.conf'],
        env: Object.entries(natsEnvironment).map(([name, value]) => ({ name, value })),
        ports: ['nats', 'route', 'monitor'],
        probes: {
          // Whole once it has heard of all streams; later only the server itself counts, or an election would take it away.
          startup: startup(health('/healthz'), settings.startup_limit_s),
          liveness: {
            ...health('/healthz?js-enabled-only=true'),
            periodSeconds: 10,
            failureThreshold: 3,
            timeoutSeconds: 3,
          },
          readiness: {
            ...health('/healthz?js-server-only=true'),
            periodSeconds: 5,
            failureThreshold: 3,
            timeoutSeconds: 3,
          },
        },
        requests: { cpu: '100m', memory: '64Mi' },
        memory_limit: '512Mi',
        storage: '2Gi',
        termination_grace_s: 15,
      }),
    ),
    disruptionBudget(request.system, 'nats'),
  ]
}
