import type { Region } from '#sut/contracts/descriptor.ts'
import { postgresSettings } from '#sut/deployment/store-settings.ts'
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

export function serverConfiguration(server: ServerConfiguration): string {
  const { region, port, leader_port, replication_password, synchronous_standby } = server
  const name = standbyName(region)
  const follow = `host=${host} port=${leader_port} user=replicator password=${replication_password} application_name=${name}`
  const settings = {
    cluster_name: `postgres-${region}`,
    listen_addresses: host,
    port,
    unix_socket_directories: '',
    ...postgresSettings,
    io_method: 'sync',
    synchronous_standby_names: synchronous_standby === null ? '' : standbyName(synchronous_standby),
    primary_conninfo: follow,
    primary_slot_name: name,
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
