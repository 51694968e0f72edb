import { type NatsUser, natsAuthorization } from './nats-users.ts'

// How the stores are set up wherever the system runs, so that what is found out on one target holds on the others too.

/** PostgreSQL, for a machine of two cores that two servers, and everything else, share. */
export const postgresSettings = {
  max_connections: 300,
  superuser_reserved_connections: 10,
  shared_buffers: '128MB',
  work_mem: '4MB',
  maintenance_work_mem: '32MB',
  // In the data folder: a server that is killed leaves nothing in /dev/shm.
  dynamic_shared_memory_type: 'mmap',
  max_worker_processes: 8,
  max_parallel_workers: 0,
  max_parallel_workers_per_gather: 0,
  jit: 'off',
  autovacuum_max_workers: 2,
  wal_level: 'replica',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // Microseconds that a commit waits, while this many others are under way, to share one write with them, here and on the standby
  // (docs/decisions/009).
  commit_delay: 1000,
  commit_siblings: 1,
  max_wal_size: '1GB',
  max_wal_senders: 10,
  max_replication_slots: 10,
  wal_keep_size: '64MB',
  max_slot_wal_keep_size: '1GB',
  hot_standby: 'on',
  wal_receiver_status_interval: '1s',
  wal_retrieve_retry_interval: '500ms',
  wal_receiver_timeout: '10s',
  wal_sender_timeout: '10s',
  tcp_keepalives_idle: 5,
  tcp_keepalives_interval: 2,
  tcp_keepalives_count: 3,
  // Neither statements that failed nor their rows: a password or a hash may stand in them.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_line_prefix: '%m %u %p ',
  timezone: 'UTC',
} as const

export interface RolePasswords {
  passwords: Record<string, string>
  owner_passwords: Record<string, string>
}
export const ownerOf = (service: string): string => `${service}_owner`

/**
 * For each service that calls PostgreSQL a role and a database of the same name, which nobody else enters but its owner: another role,
 * which migrates. What the first may do there: sut/platform/database-rights.ts.
 */
export function roleStatements(service: string, { passwords, owner_passwords }: RolePasswords): string[] {
  const owner = ownerOf(service)
  return [
    `create role ${service} login password '${passwords[service] ?? ''}'`,
    `create role ${owner} login password '${owner_passwords[service] ?? ''}'`,
    `create database ${service} owner ${owner}`,
    `revoke all on database ${service} from public`,
    `grant connect on database ${service} to ${service}`,
  ]
}

/** Redis may lose a second of what it holds; a replica gets its copy at once. */
export const redisSettings = [
  'appendonly yes',
  'appendfsync everysec',
  'save ""',
  'repl-diskless-sync-delay 0',
] as const

/** The group of servers that the Sentinels watch. */
export const sentinelGroup = 'slot'

/** Three servers beside many processes: one thread each wakes the others less; memory is cheaper than CPU, up to a limit. */
export const natsEnvironment = { GOMEMLIMIT: '256MiB', GOGC: '400', GOMAXPROCS: '1' } as const

export interface NatsNode {
  name: string
  listen: string
  monitor: string
  route: string
  /** `host:port` of the routes of the other nodes. */
  others: readonly string[]
  store_dir: string
  sync_interval: string
  users: readonly NatsUser[]
  cluster_password: string
}

export function natsConfiguration(node: NatsNode): string {
  const routes = node.others.map((each) => `"nats-route://cluster:${node.cluster_password}@${each}"`)
  return [
    `server_name: ${node.name}`,
    `listen: "${node.listen}"`,
    `http: "${node.monitor}"`,
    'cluster {',
    '  name: slot-chaos',
    `  listen: "${node.route}"`,
    `  authorization { user: cluster, password: "${node.cluster_password}" }`,
    `  routes: [${routes.join(', ')}]`,
    '}',
    'jetstream {',
    `  store_dir: "${node.store_dir}"`,
    '  max_memory_store: 64MB',
    '  max_file_store: 4GB',
    `  sync_interval: ${node.sync_interval}`,
    '}',
    natsAuthorization(node.users),
    '',
  ].join('\n')
}
