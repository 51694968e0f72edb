import type { Region } from '#sut/contracts/descriptor.ts'
import { host } from '../../context.ts'

export interface ServerConfiguration {
  region: Region
  port: number
  /** The server that it follows when standby.signal is there. */
  leader_port: number
  replication_password: string
  /** Commits wait for this standby; null: for none. */
  synchronous_standby: Region | null
}

/** Name of a standby: its connection's and its replication slot's. */
export const standbyName = (region: Region): string => `standby_${region}`

/** For a machine of two cores that two servers, and everything else, share. */
export function serverConfiguration(server: ServerConfiguration): string {
  const { region, port, leader_port, replication_password, synchronous_standby } = server
  const name = standbyName(region)
  const follow = `host=${host} port=${leader_port} user=replicator password=${replication_password} application_name=${name}`
  const settings = {
    cluster_name: `postgres-${region}`,
    listen_addresses: host,
    port,
    unix_socket_directories: '',
    max_connections: 300,
    superuser_reserved_connections: 10,
    shared_buffers: '128MB',
    work_mem: '4MB',
    maintenance_work_mem: '32MB',
    // In the data folder: a server that is killed leaves nothing in /dev/shm.
    dynamic_shared_memory_type: 'mmap',
    io_method: 'sync',
    max_worker_processes: 8,
    max_parallel_workers: 0,
    max_parallel_workers_per_gather: 0,
    jit: 'off',
    autovacuum_max_workers: 2,
    wal_level: 'replica',
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    // Microseconds that a commit waits, while this many others are under way, to share one write to disk with them.
    commit_delay: 1000,
    commit_siblings: 3,
    synchronous_standby_names: synchronous_standby === null ? '' : standbyName(synchronous_standby),
    max_wal_size: '1GB',
    max_wal_senders: 10,
    max_replication_slots: 10,
    wal_keep_size: '64MB',
    max_slot_wal_keep_size: '1GB',
    hot_standby: 'on',
    primary_conninfo: follow,
    primary_slot_name: name,
    wal_receiver_status_interval: '1s',
    wal_retrieve_retry_interval: '500ms',
    wal_receiver_timeout: '10s',
    wal_sender_timeout: '10s',
    tcp_keepalives_idle: 5,
    tcp_keepalives_interval: 2,
    tcp_keepalives_count: 3,
    log_destination: 'stderr',
    logging_collector: 'off',
    log_line_prefix: '%m %u %p ',
    timezone: 'UTC',
  }
  return Object.entries(settings)
    .map(([setting, value]) => `${setting} = '${value}'\n`)
    .join('')
}

/** Passwords for everybody, also on loopback: a service gets at its own database alone. */
export const hostBasedAuthentication = [
  `host all all ${host}/32 scram-sha-256`,
  `host replication replicator ${host}/32 scram-sha-256`,
  '',
].join('\n')
