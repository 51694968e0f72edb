import { type Region, regions } from '#sut/contracts/descriptor.ts'
import { choices } from '#sut/designs/registry.ts'
import type { SystemContext } from '../../context.ts'
import { standbyName } from './configuration.ts'
import type { ServerState } from './failover.ts'
import { type Server, postgresServer } from './server.ts'

/** The two servers and what their agents agree on: what Patroni keeps in its store. */
export interface Cluster {
  readonly context: SystemContext
  readonly replication: 'synchronous' | 'asynchronous'
  readonly nodes: Record<Region, Node>
  readonly lease: { holder: Region; expires_at_ms: number }
  /** The standby that holds every acknowledged commit; null: none is known to. */
  synchronous_standby: Region | null
  /** As told by the last event, so that each is told once. */
  told: { streaming: boolean; leader_lost: boolean }
  /** Ends the pause between two turns of the agents. */
  wake: PromiseWithResolvers<void>
}

export interface Node {
  readonly server: Server
  /** Its region is down, its agent with it. */
  held: boolean
  busy: boolean
  needs_rebuild: boolean
}

export interface Look {
  leader: Node
  other: Node
  leader_state: ServerState
  other_state: ServerState
  replica: Replication | null
}

interface Replication {
  attached: boolean
  streaming: boolean
  lag_bytes: number | null
  /** The leader could not keep the log that the standby still needs. */
  log_lost: boolean
}

export function postgresCluster(context: SystemContext): Cluster {
  const lease = { holder: 'a' as Region, expires_at_ms: 0 }
  const node = (region: Region): Node => {
    const server = postgresServer(context, region, () => lease.holder)
    return { server, held: false, busy: false, needs_rebuild: false }
  }
  return {
    context,
    replication: choices(context.request.design).replication,
    nodes: { a: node('a'), b: node('b') },
    lease,
    synchronous_standby: null,
    told: { streaming: false, leader_lost: false },
    wake: Promise.withResolvers(),
  }
}

/** Asks both servers what they are, and the leader who follows it. */
export async function lookAt({ nodes, lease }: Cluster): Promise<Look> {
  const standby = regions.find((region) => region !== lease.holder)!
  const leader = nodes[lease.holder]
  const other = nodes[standby]
  const [leader_state, other_state] = await Promise.all([stateOf(leader), stateOf(other)])
  const replica = leader_state === 'primary' ? await replicationTo(standby, leader) : null
  return { leader, other, leader_state, other_state, replica }
}

async function stateOf({ server }: Node): Promise<ServerState> {
  if (server.process() === null) return 'down'
  try {
    const [row] = await server.admin.ask<{ standby: boolean }>('select pg_is_in_recovery() as standby')
    return row!.standby ? 'standby' : 'primary'
  } catch {
    return server.process() === null ? 'down' : 'unavailable'
  }
}

async function replicationTo(standby: Region, leader: Node): Promise<Replication | null> {
  try {
    const [row] = await leader.server.admin.ask<Replication>(
      `select r.pid is not null as attached, coalesce(r.state = 'streaming', false) as streaming,
         pg_wal_lsn_diff(pg_current_wal_lsn(), r.flush_lsn)::float8 as lag_bytes, s.wal_status = 'lost' as log_lost
       from pg_replication_slots s left join pg_stat_replication r on r.application_name = s.slot_name
       where s.slot_name = '${standbyName(standby)}'`,
    )
    return row ?? null
  } catch {
    return null // the leader has just gone: its next state says so
  }
}
