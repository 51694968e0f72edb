import type { Region } from '#sut/contracts/descriptor.ts'

// Who may write, decided as Patroni decides it. The leader's agent renews a lease as long as its server works; when the lease has
// run out, a standby that is known to hold every acknowledged commit is promoted.
//
//   leader works ──► renew               lease valid, server gone ──► start it again in place
//   lease out:   synchronous standby there ──► stop the old leader, promote      none ──► wait for either to come back

/** down: no process. unavailable: a process that does not answer (yet). */
export type ServerState = 'down' | 'unavailable' | 'primary' | 'standby'

export interface NodeView {
  region: Region
  /** Its region is up: somebody is there who can start and stop the server. */
  agent: boolean
  server: ServerState
  /** It was a leader that another one followed on: its history has parted, only a new copy helps. */
  needs_rebuild: boolean
  /** Being started or copied just now. */
  busy: boolean
}

export interface FailoverView {
  now_ms: number
  lease: { holder: Region; expires_at_ms: number }
  leader: NodeView
  other: NodeView
  replication: 'synchronous' | 'asynchronous'
  /** The standby that holds every acknowledged commit (Patroni's /sync key); null: none is known to. */
  synchronous_standby: Region | null
  /** The standby streams from the leader and has caught up, as the leader sees it. */
  streaming: boolean
}

export type FailoverAction =
  | { do: 'renew' }
  | { do: 'start' | 'stop' | 'rebuild' | 'promote'; region: Region }
  | { do: 'synchronous'; standby: Region | null }

/** What the agents do in this turn of their loop, in this order. */
export function decideFailover(view: FailoverView): FailoverAction[] {
  const { leader, other, lease } = view
  if (leader.agent && leader.server === 'primary')
    return [{ do: 'renew' }, ...followUp(other), ...replicationMode(view)]
  if (view.now_ms < lease.expires_at_ms) return [...startAgain(leader), ...startAgain(other)]
  if (mayLead(view)) {
    const fence: FailoverAction[] = leader.server === 'down' ? [] : [{ do: 'stop', region: leader.region }]
    return [...fence, { do: 'promote', region: other.region }]
  }
  return [...startAgain(leader), ...startAgain(other)]
}

/** With synchronous replication only a standby that cannot lack a commit; then failing over loses nothing. */
function mayLead({ other, replication, synchronous_standby }: FailoverView): boolean {
  if (!other.agent || other.busy || other.server !== 'standby' || other.needs_rebuild) return false
  return replication === 'asynchronous' || synchronous_standby === other.region
}

/** The node beside a working leader. */
function followUp(node: NodeView): FailoverAction[] {
  if (!node.agent || node.busy) return []
  if (node.server === 'primary') return [{ do: 'stop', region: node.region }]
  if (node.server !== 'down') return []
  return [{ do: node.needs_rebuild ? 'rebuild' : 'start', region: node.region }]
}

/** In place, with the data that it has. */
function startAgain(node: NodeView): FailoverAction[] {
  const can = node.agent && !node.busy && node.server === 'down' && !node.needs_rebuild
  return can ? [{ do: 'start', region: node.region }] : []
}

/** Commits wait for the standby only while it is there: otherwise the system would stand still with it. */
function replicationMode({ replication, synchronous_standby, other, streaming }: FailoverView): FailoverAction[] {
  const able = replication === 'synchronous' && streaming && other.server === 'standby'
  const standby = able ? other.region : null
  return standby === synchronous_standby ? [] : [{ do: 'synchronous', standby }]
}
