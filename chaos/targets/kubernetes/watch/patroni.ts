import type { ObservationLine } from '#reports/record/format.ts'
import { type ConfigMap, type Pod, regionOf } from '../access/objects.ts'

// Patroni keeps its cluster in annotations: the leader's lock in a ConfigMap <scope>-leader, each member's state on its pod.
//
//   <scope>-leader   leader: postgres-a-0, renewTime, ttl: "20"        pod   status: {"role":"primary","state":"running",…}
//
// A lock that is not renewed stays where it is: it has run out when it has not changed for its ttl, by the watcher's clock, as
// Patroni itself counts.

export type PostgresState = Extract<ObservationLine, { kind: 'sample' }>['stores']['postgres']

export interface LeaderLock {
  /** Pod; null: given up. */
  holder: string | null
  renewed: string
  ttl_ms: number
}

export const isLeaderLock = ({ metadata: { name } }: ConfigMap): boolean => name.endsWith('-leader')

export function leaderLock(map: ConfigMap | undefined): LeaderLock | null {
  const { leader, renewTime, ttl } = map?.metadata.annotations ?? {}
  if (renewTime === undefined) return null
  return {
    holder: leader === undefined || leader === '' ? null : leader,
    renewed: renewTime,
    ttl_ms: Number(ttl ?? 30) * 1000,
  }
}

interface Member {
  role?: string
  state?: string
  xlog_location?: number
  replication_state?: string
  timeline?: number
}

export function memberOf(pod: Pod | undefined): Member {
  try {
    return JSON.parse(pod?.metadata.annotations?.['status'] ?? '{}') as Member
  } catch {
    return {}
  }
}

/** `leader`: pod that holds a lock that has not run out; `last`: who held it when nobody does; `relied_on`: members that a commit waits for, null: none is waited for. */
export function postgresState(
  pods: readonly Pod[],
  { leader, last = leader }: { leader: string | null; last?: string | null },
  relied_on: readonly string[] | null,
): PostgresState {
  const primary = pods.find(({ metadata }) => metadata.name === leader)
  const standby = pods.find(({ metadata }) => metadata.name !== last)
  const ahead = memberOf(primary).xlog_location
  const { xlog_location: behind, state, replication_state } = memberOf(standby)
  const attached = state === 'streaming' || replication_state === 'streaming'
  const counted = relied_on === null || (standby !== undefined && relied_on.includes(standby.metadata.name))
  return {
    leader: primary === undefined ? null : (regionOf(primary) ?? null),
    standby_state: attached && counted ? 'streaming' : state === 'running' || attached ? 'catching-up' : 'down',
    replication_lag_bytes: ahead === undefined || behind === undefined ? null : Math.max(0, ahead - behind),
  }
}

/** <scope>-sync: who has every commit. Null without synchronous mode. */
export function synchronousStandbys(map: ConfigMap | undefined): string[] | null {
  const standbys = map?.metadata.annotations?.['sync_standby']
  return standbys === undefined ? null : standbys.split(',').filter((name) => name !== '')
}
