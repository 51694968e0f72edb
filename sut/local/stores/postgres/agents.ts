import type { Region } from '#sut/contracts/descriptor.ts'
import { textOf } from '#lib/errors.ts'
import { waitFor } from '#lib/wait.ts'
import { type Cluster, type Look, type Node, lookAt } from './cluster.ts'
import { type FailoverAction, type NodeView, type ServerState, decideFailover } from './failover.ts'
import { rebuild } from './server.ts'

const promote_limit_s = 30

/** Turns of both agents until the system ends: every `postgres_loop_ms`, and at once when the lease runs out. */
export async function runAgents(cluster: Cluster): Promise<void> {
  const { settings, clock, ending, observe } = cluster.context
  ending.addEventListener('abort', () => cluster.wake.resolve(), { once: true })
  while (!ending.aborted) {
    const left_ms = cluster.lease.expires_at_ms - clock.monotonic_ms()
    const expires_soon = left_ms > 0 && left_ms < settings.postgres_loop_ms
    cluster.wake = Promise.withResolvers()
    // timer: the pause between two turns, cut short by a wake
    const timer = setTimeout(() => cluster.wake.resolve(), expires_soon ? left_ms + 1 : settings.postgres_loop_ms)
    await cluster.wake.promise
    clearTimeout(timer)
    if (ending.aborted) return
    await agentsTurn(cluster).catch((error: unknown) =>
      observe.event('agent-failed', 'postgres', { detail: textOf(error) }),
    )
  }
}

/** One turn: look, decide, act. What fails is tried again in the next one. */
export async function agentsTurn(cluster: Cluster): Promise<void> {
  const look = await lookAt(cluster)
  const now_ms = cluster.context.clock.monotonic_ms()
  if (look.replica?.log_lost === true) {
    look.other.needs_rebuild = true
    await look.other.server.kill()
    look.other_state = 'down'
  }
  tell(cluster, look, now_ms)
  const actions = decideFailover({
    now_ms,
    lease: cluster.lease,
    leader: viewOf(look.leader, look.leader_state),
    other: viewOf(look.other, look.other_state),
    replication: cluster.replication,
    synchronous_standby: cluster.synchronous_standby,
    streaming: look.replica?.streaming === true,
  })
  for (const action of actions) await perform(cluster, action)
}

function viewOf({ server, held, needs_rebuild, busy }: Node, state: ServerState): NodeView {
  return { region: server.region, agent: !held, server: state, needs_rebuild, busy }
}

function tell({ told, lease, context }: Cluster, look: Look, now_ms: number): void {
  const { observe } = context
  const leader_lost = look.leader_state !== 'primary' && now_ms >= lease.expires_at_ms
  if (leader_lost && !told.leader_lost) observe.event('leader-lost', ...about(look.leader, 'its lease has run out'))
  const streaming = look.replica?.streaming === true
  if (streaming && !told.streaming) observe.event('standby-streaming', ...about(look.other))
  Object.assign(told, { leader_lost, streaming })
}

async function perform(cluster: Cluster, action: FailoverAction): Promise<void> {
  if (action.do === 'renew') return renew(cluster)
  if (action.do === 'synchronous') return changeReplication(cluster, action.standby)
  const node = cluster.nodes[action.region]
  if (action.do === 'promote') return promote(cluster, node)
  if (action.do === 'stop') {
    node.needs_rebuild = true
    return node.server.kill()
  }
  if (action.do === 'start') return inBackground(cluster, node, 'start', () => start(cluster, node))
  cluster.context.observe.event('rebuilding', ...about(node, `copy of postgres-${cluster.lease.holder}`))
  return inBackground(cluster, node, 'rebuild', async () => {
    await rebuild(cluster.nodes[cluster.lease.holder].server, node.server, cluster.context)
    node.needs_rebuild = false
    await start(cluster, node)
  })
}

function renew({ lease, context }: Cluster): void {
  lease.expires_at_ms = context.clock.monotonic_ms() + context.settings.postgres_lease_ttl_ms
}

async function start({ lease, synchronous_standby }: Cluster, { server }: Node): Promise<void> {
  await server.configure(server.region === lease.holder ? synchronous_standby : null)
  await server.start()
}

/** Started or copied while the agents go on: the lease must be renewed meanwhile. */
function inBackground({ context, wake }: Cluster, node: Node, what: string, work: () => Promise<void>): void {
  node.busy = true
  work()
    .catch((error: unknown) => {
      if (!context.ending.aborted) context.observe.event(`${what}-failed`, ...about(node, textOf(error)))
    })
    .finally(() => {
      node.busy = false
      wake.resolve()
    })
    .catch(() => undefined)
}

async function promote(cluster: Cluster, node: Node): Promise<void> {
  const { observe } = cluster.context
  const old = cluster.nodes[cluster.lease.holder]
  observe.event('election', ...about(node, `instead of ${old.server.name}`))
  old.needs_rebuild = true
  await node.server.configure(null, { reload: true })
  const limit_ms = (promote_limit_s + 1) * 1000
  await node.server.admin.ask(`select pg_promote(true, ${promote_limit_s})`, { limit_ms })
  cluster.lease.holder = node.server.region
  cluster.synchronous_standby = null
  cluster.told = { streaming: false, leader_lost: false }
  renew(cluster)
  observe.event('promoted', ...about(node))
}

/** That a standby holds every commit is relied on only after the leader waits for it, and no longer before the leader stops to. */
async function changeReplication(cluster: Cluster, standby: Region | null): Promise<void> {
  const { settings, ending, observe } = cluster.context
  const leader = cluster.nodes[cluster.lease.holder]
  if (standby === null) cluster.synchronous_standby = null
  await leader.server.configure(standby, { reload: true })
  if (standby !== null) {
    const waits = async (): Promise<boolean> => {
      const sql = `select exists (select from pg_stat_replication where sync_state = 'sync') as waits`
      return (await leader.server.admin.ask<{ waits: boolean }>(sql))[0]!.waits
    }
    await waitFor(waits, { what: 'synchronous replication', limit_ms: settings.postgres_loop_ms, signal: ending })
  }
  cluster.synchronous_standby = standby
  observe.event(standby === null ? 'replication-asynchronous' : 'replication-synchronous', ...about(leader))
}

/** Subject and details of an event about a node. */
function about({ server }: Node, detail?: string): [string, { region: Region; detail?: string }] {
  return [server.name, { region: server.region, ...(detail !== undefined && { detail }) }]
}
