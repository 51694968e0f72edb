import { type Region, regions } from '#sut/contracts/descriptor.ts'
import { callersIn } from '#sut/contracts/topology.ts'
import { choices } from '#sut/designs/registry.ts'
import { ownerOf, postgresSettings, roleStatements } from '#sut/deployment/store-settings.ts'
import type { Manifest, Probe } from './manifest.ts'
import { labelNames, labels, ports, storeHost } from './names.ts'
import { startup } from './pod.ts'
import type { ManifestRequest } from './request.ts'
import { disruptionBudget, serviceAccount } from './services.ts'
import { storeNode } from './store.ts'

// PostgreSQL: a server a region under Patroni, which keeps what it knows in ConfigMaps of this namespace. The first one of region
// a makes the database; b waits for it, and is a copy.

/** Name of the cluster in Patroni's ConfigMaps and of the label by which it finds its pods. */
const scope = 'postgres'
const scope_label = 'slot-chaos/patroni'
/** Of Debian's packages: one major version behind what `local` brings along. */
const binaries = '/usr/lib/postgresql/17/bin'

export function postgresManifests(request: ManifestRequest): Manifest[] {
  const { system, settings } = request
  const probe = (path: string, periodSeconds: number, failureThreshold: number): Probe => ({
    httpGet: { path, port: 'patroni' },
    periodSeconds,
    failureThreshold,
    timeoutSeconds: 3,
  })
  return [
    serviceAccount(system, 'postgres'),
    ...rights(system),
    ...regions.flatMap((region) =>
      storeNode(request, {
        store: 'postgres',
        zone: region,
        files: {
          'patroni.json': JSON.stringify(patroniConfiguration(request, region), null, 1),
          'roles.sql': roles(request),
          'post-init.sh': 'exec psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --file /config/roles.sql "$1"\n',
          'start.sh': startScript(region === 'a' ? null : `http://${storeHost(request, 'postgres', 'a')}:8008/leader`),
        },
        command: ['sh', '/config/start.sh'],
        env: [
          { name: 'HOME', value: '/tmp' },
          { name: 'LC_ALL', value: 'C.UTF-8' },
        ],
        ports: ['postgres', 'patroni'],
        probes: {
          startup: startup({ tcpSocket: { port: 'patroni' } }, settings.startup_limit_s),
          liveness: probe('/liveness', 10, 3),
          readiness: probe('/readiness', 2, 2),
        },
        // Every commit waits for the standby: one that comes back has its share while all services of its region start beside it.
        requests: { cpu: '500m', memory: '256Mi' },
        memory_limit: '1Gi',
        storage: '2Gi',
        termination_grace_s: 30,
        token: true,
        pod_labels: { [scope_label]: scope },
      }),
    ),
    disruptionBudget(system, 'postgres'),
  ]
}

/** Prepares the folder; whoever has no data yet and is not to be the first waits for the first. */
function startScript(first: string | null): string {
  const wait = `python3 - <<'END'
import time, urllib.request
for turn in range(120):
    try:
        urllib.request.urlopen('${first}', timeout=1)
        break
    except Exception:
        time.sleep(0.5)
END`
  return [
    'set -eu',
    'mkdir -p -m 700 /data/postgres',
    ...(first === null ? [] : ['if [ ! -s /data/postgres/PG_VERSION ]; then', wait, 'fi']),
    'exec patroni /config/patroni.json',
    '',
  ].join('\n')
}

export function roles({ descriptor, material }: ManifestRequest): string {
  return callersIn(descriptor)
    .filter(({ calls }) => calls.includes('postgres'))
    .flatMap(({ name }) => roleStatements(name, material.secrets))
    .map((statement) => `${statement};\n`)
    .join('')
}

/** JSON is YAML. */
export function patroniConfiguration(request: ManifestRequest, region: Region): object {
  const { system, design, descriptor, material, settings } = request
  const { secrets } = material
  const host = storeHost(request, 'postgres', region)
  const services = callersIn(descriptor)
    .filter(({ calls }) => calls.includes('postgres'))
    .map(({ name }) => name)
  return {
    scope,
    name: `postgres-${region}-0`,
    kubernetes: {
      namespace: system,
      use_endpoints: false,
      scope_label,
      role_label: labelNames.role,
      leader_label_value: 'primary',
      standby_leader_label_value: 'primary',
      labels: labels(system, 'postgres'),
    },
    restapi: {
      listen: `0.0.0.0:${ports.patroni}`,
      connect_address: `${host}:${ports.patroni}`,
      authentication: { username: 'patroni', password: secrets.patroni },
    },
    bootstrap: {
      dcs: {
        ttl: settings.patroni_ttl_s,
        loop_wait: settings.patroni_loop_wait_s,
        retry_timeout: settings.patroni_retry_timeout_s,
        maximum_lag_on_failover: 1024 * 1024,
        synchronous_mode: choices(design).replication === 'synchronous',
        // An API server that is away is no reason to stop serving, as long as the other server agrees.
        failsafe_mode: true,
        postgresql: { use_pg_rewind: true, use_slots: true, parameters: postgresSettings },
      },
      initdb: [{ encoding: 'UTF8' }, { locale: 'C' }, 'data-checksums', 'no-sync'],
      post_init: 'sh /config/post-init.sh',
    },
    postgresql: {
      listen: `0.0.0.0:${ports.postgres}`,
      connect_address: `${host}:${ports.postgres}`,
      data_dir: '/data/postgres',
      bin_dir: binaries,
      pgpass: '/tmp/pgpass',
      // A copy does not wait for a checkpoint that takes its time.
      basebackup: [{ checkpoint: 'fast' }],
      parameters: { unix_socket_directories: '/tmp' },
      // A service gets at its own database alone, and so does who migrates it.
      pg_hba: [
        'local all postgres scram-sha-256',
        'host all postgres 127.0.0.1/32 scram-sha-256',
        'host replication replicator 0.0.0.0/0 scram-sha-256',
        'host postgres rewind 0.0.0.0/0 scram-sha-256',
        ...services.map((name) => `host ${name} ${name},${ownerOf(name)} 0.0.0.0/0 scram-sha-256`),
      ],
      authentication: {
        superuser: { username: 'postgres', password: secrets.postgres_superuser },
        replication: { username: 'replicator', password: secrets.postgres_replication },
        rewind: { username: 'rewind', password: secrets.postgres_rewind },
      },
    },
  }
}

/** Patroni keeps its lock and its settings in ConfigMaps, and writes on its pods who leads. */
function rights(system: string): Manifest[] {
  const metadata = { name: 'postgres', labels: labels(system, 'postgres') }
  const api = 'rbac.authorization.k8s.io'
  return [
    {
      apiVersion: `${api}/v1`,
      kind: 'Role',
      metadata,
      rules: [
        {
          apiGroups: [''],
          resources: ['configmaps'],
          verbs: ['create', 'get', 'list', 'watch', 'patch', 'update', 'delete', 'deletecollection'],
        },
        { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'patch', 'update'] },
      ],
    },
    {
      apiVersion: `${api}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: api, kind: 'Role', name: 'postgres' },
      subjects: [{ kind: 'ServiceAccount', name: 'postgres', namespace: system }],
    },
  ]
}
