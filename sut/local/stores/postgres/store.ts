import type { Region } from '#sut/contracts/descriptor.ts'
import { waitFor } from '#lib/wait.ts'
import type { SystemContext } from '../../context.ts'
import { type StartGuard, guarded } from '../../start-guard.ts'
import { agentsTurn, runAgents } from './agents.ts'
import { type Cluster, lookAt, postgresCluster } from './cluster.ts'
import { createDatabases } from './databases.ts'
import { type Server, copyStopped, initialise } from './server.ts'

export interface PostgresStatus {
  leader: Region | null
  /** streaming: a fail-over to it would lose nothing, as far as the design promises that. */
  standby_state: 'streaming' | 'catching-up' | 'down'
  replication_lag_bytes: number | null
}
type Killed = { subject: string; pid: number; start_ticks: number } | null

export interface PostgresStore {
  readonly nodes: readonly Server[]
  status(): Promise<PostgresStatus>
  /** SIGKILL for the server of a region; its agent starts it again in its next turn. */
  kill(region: Region): Killed
  /** The same, and its agent is gone too until `release`. */
  hold(region: Region): Killed
  release(region: Region): void
}

/** Ready when the leader has every database, and the standby streams (and is waited for, if replication is synchronous). */
export async function startPostgres(context: SystemContext, start: StartGuard): Promise<PostgresStore> {
  const cluster = postgresCluster(context)
  const { a, b } = cluster.nodes
  await guarded(start, 'postgres', [a.server.name, b.server.name], async () => {
    await initialise(a.server, context)
    await copyStopped(a.server, b.server, context)
    await Promise.all([a, b].map(({ server }) => server.configure(null)))
    await Promise.all([a.server.start().then(() => createDatabases(a.server, context)), b.server.start()])
    const streaming = async (): Promise<boolean> => (await lookAt(cluster)).replica?.streaming === true
    await waitFor(streaming, {
      what: 'the PostgreSQL standby to stream',
      limit_ms: context.settings.start_limit_ms,
      signal: start.signal,
    })
    await agentsTurn(cluster)
  })
  void runAgents(cluster)
  return storeOf(cluster)
}

function storeOf(cluster: Cluster): PostgresStore {
  const { nodes } = cluster
  const kill = (region: Region): Killed => {
    const { server } = nodes[region]
    const process = server.process()
    if (process === null) return null
    void server.kill()
    return { subject: server.name, pid: process.pid, start_ticks: process.start_ticks }
  }
  return {
    nodes: [nodes.a.server, nodes.b.server],
    kill,
    hold(region) {
      nodes[region].held = true
      return kill(region)
    },
    release(region) {
      nodes[region].held = false
      cluster.wake.resolve()
    },
    async status() {
      const { leader, other, leader_state, other_state, replica } = await lookAt(cluster)
      const attached = replica?.attached === true && other_state === 'standby'
      const relied_on = cluster.replication === 'asynchronous' || cluster.synchronous_standby === other.server.region
      return {
        leader: leader_state === 'primary' ? leader.server.region : null,
        standby_state: replica?.streaming === true && relied_on ? 'streaming' : attached ? 'catching-up' : 'down',
        replication_lag_bytes: replica?.lag_bytes ?? null,
      }
    },
  }
}
