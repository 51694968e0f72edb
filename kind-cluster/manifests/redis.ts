import { type Region, type Zone, regions, zones } from '#sut/contracts/descriptor.ts'
import { redisUsers, replicaLogin, sentinelLogin, sentinelUsers } from '#sut/deployment/redis-users.ts'
import { redisSettings, sentinelGroup } from '#sut/deployment/store-settings.ts'
import { observer } from '#sut/deployment/store-users.ts'
import type { EnvironmentVariable, Manifest, Probe } from './manifest.ts'
import { ports, storeHost } from './names.ts'
import { startup } from './pod.ts'
import type { ManifestRequest } from './request.ts'
import { disruptionBudget, serviceAccount } from './services.ts'
import { storeNode } from './store.ts'

// One Redis a region, the first one leads; a Sentinel in every zone decides, by majority, who leads next. All know each other by
// names: an address is another one after each restart of a pod.
export function redisManifests(request: ManifestRequest): Manifest[] {
  return (['redis', 'sentinel'] as const).flatMap((store) => [
    serviceAccount(request.system, store),
    ...(store === 'redis'
      ? regions.flatMap((zone) => redisNode(request, zone))
      : zones.flatMap((zone) => sentinelNode(request, zone))),
    disruptionBudget(request.system, store),
  ])
}

/** Not by a command: each run of one in a container costs more CPU than the Redis itself. */
const reached = (port: string): Probe => ({
  tcpSocket: { port },
  periodSeconds: 5,
  failureThreshold: 6,
  timeoutSeconds: 2,
})

/** redis-cli takes the password of the observer from here; so does the harness, which reads who leads. */
const login = (secretName: string): EnvironmentVariable => ({
  name: 'REDISCLI_AUTH',
  valueFrom: { secretKeyRef: { name: secretName, key: 'password' } },
})

function redisNode(request: ManifestRequest, region: Region): Manifest[] {
  const { secrets } = request.material
  const own = storeHost(request, 'redis', region)
  const lines = [
    `port ${ports.redis}`,
    'bind 0.0.0.0',
    'dir /data',
    ...redisUsers(secrets),
    ...replicaLogin(secrets),
    `replica-announce-ip ${own}`,
    ...redisSettings,
  ]
  const start = [
    'set -eu',
    leaderOf(request),
    'cat /config/redis.conf > /tmp/redis.conf',
    `if [ "$leader" != ${own} ]; then echo "replicaof $leader ${ports.redis}" >> /tmp/redis.conf; fi`,
    'exec redis-server /tmp/redis.conf',
    '',
  ]
  return storeNode(request, {
    store: 'redis',
    zone: region,
    files: { 'redis.conf': `${lines.join('\n')}\n`, 'start.sh': start.join('\n'), password: secrets.observer },
    command: ['sh', '/config/start.sh'],
    env: [login(`redis-${region}`)],
    ports: ['redis'],
    probes: {
      startup: startup({ tcpSocket: { port: 'redis' } }, request.settings.startup_limit_s),
      liveness: reached('redis'),
      readiness: reached('redis'),
    },
    requests: { cpu: '50m', memory: '64Mi' },
    memory_limit: '256Mi',
    storage: '1Gi',
    termination_grace_s: 15,
  })
}

/**
 * A node that comes back must not call itself leader: it follows whom most Sentinels let lead. Nobody there yet: the first one.
 * The answer is in $leader.
 */
function leaderOf(request: ManifestRequest): string {
  const sentinels = zones.map((zone) => storeHost(request, 'sentinel', zone)).join(' ')
  const ask = `timeout 2 redis-cli --user ${observer} -h "$each" -p ${ports.sentinel} sentinel get-master-addr-by-name ${sentinelGroup}`
  return [
    `votes=$(for each in ${sentinels}; do ${ask} 2> /dev/null | grep '^redis-' || true; done)`,
    `leader=$(printf '%s\\n' $votes | sort | uniq -c | sort -rn | sed -n '1s/^ *[0-9]* *//p')`,
    `leader=\${leader:-${storeHost(request, 'redis', 'a')}}`,
  ].join('\n')
}

function sentinelNode(request: ManifestRequest, zone: Zone): Manifest[] {
  const { material, settings } = request
  const { secrets } = material
  const group = sentinelGroup
  const lines = [
    `port ${ports.sentinel}`,
    'bind 0.0.0.0',
    'dir /data',
    'protected-mode no',
    ...sentinelUsers(secrets),
    'sentinel resolve-hostnames yes',
    'sentinel announce-hostnames yes',
    `sentinel announce-ip ${storeHost(request, 'sentinel', zone)}`,
    `sentinel announce-port ${ports.sentinel}`,
    `sentinel monitor ${group} LEADER ${ports.redis} 2`,
    ...sentinelLogin(secrets),
    `sentinel down-after-milliseconds ${group} ${settings.sentinel_down_after_ms}`,
    `sentinel failover-timeout ${group} ${settings.sentinel_failover_limit_ms}`,
  ]
  // A Sentinel keeps its state in its configuration file: that is written once. It asks a leader for its replicas only every 10 s,
  // so it must find them when it asks first.
  const copied = `timeout 2 redis-cli --user ${observer} -h ${storeHost(request, 'redis', 'b')} info replication`
  const start = [
    'set -eu',
    'if [ ! -s /data/sentinel.conf ]; then',
    leaderOf(request),
    `for turn in $(seq 60); do ${copied} 2> /dev/null | grep -q 'master_link_status:up\\|role:master' && break; sleep 0.5; done`,
    'sed "s/LEADER/$leader/" /config/sentinel.conf > /data/sentinel.new',
    'mv /data/sentinel.new /data/sentinel.conf',
    'fi',
    'exec redis-server /data/sentinel.conf --sentinel',
    '',
  ]
  return storeNode(request, {
    store: 'sentinel',
    zone,
    files: { 'sentinel.conf': `${lines.join('\n')}\n`, 'start.sh': start.join('\n'), password: secrets.observer },
    command: ['sh', '/config/start.sh'],
    env: [login(`sentinel-${zone}`)],
    ports: ['sentinel'],
    probes: {
      startup: startup({ tcpSocket: { port: 'sentinel' } }, settings.startup_limit_s),
      liveness: reached('sentinel'),
      readiness: reached('sentinel'),
    },
    requests: { cpu: '20m', memory: '32Mi' },
    memory_limit: '128Mi',
    storage: null,
    termination_grace_s: 10,
  })
}
