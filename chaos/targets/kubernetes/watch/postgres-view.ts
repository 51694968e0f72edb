import type { Clock } from '#lib/clock.ts'
import type { Observations } from '#reports/record/observations.ts'
import { type ConfigMap, type Pod, regionOf } from '../access/objects.ts'
import { type LeaderLock, type PostgresState, leaderLock, postgresState, synchronousStandbys } from './patroni.ts'

/** Who leads PostgreSQL, told as it changes. */
export interface PostgresView {
  /** After each change, and every second: a lock that runs out changes nothing. */
  look(pods: readonly Pod[], maps: Iterable<ConfigMap>): PostgresState
}

export function createPostgresView(clock: Clock, observe: Observations): PostgresView {
  let lock: LeaderLock | null = null
  let renewed_at_ms = 0
  let led: string | null = null
  let lost = false
  let standby: PostgresState['standby_state'] = null

  /** Pod that holds a lock that counts. */
  const holder = (now: LeaderLock | null): string | null => {
    if (now?.renewed !== lock?.renewed || now?.holder !== lock?.holder) renewed_at_ms = clock.monotonic_ms()
    lock = now
    if (lock === null || lock.holder === null) return null
    return clock.monotonic_ms() - renewed_at_ms <= lock.ttl_ms ? lock.holder : null
  }
  const nodeOf = (pods: readonly Pod[], name: string): { subject: string; region: string } => {
    const pod = pods.find(({ metadata }) => metadata.name === name)
    const region = pod === undefined ? undefined : regionOf(pod)
    return { subject: `postgres-${region ?? name}`, region: region ?? '' }
  }
  const tellLeader = (pods: readonly Pod[], now: string | null): void => {
    if (now === null && led !== null && !lost) {
      const { subject, region } = nodeOf(pods, led)
      observe.event('leader-lost', subject, { region, detail: 'its lease has run out' })
      lost = true
    }
    if (now === null || (now === led && !lost)) return
    const { subject, region } = nodeOf(pods, now)
    if (led !== null && led !== now) {
      if (!lost) observe.event('leader-lost', nodeOf(pods, led).subject, { region: nodeOf(pods, led).region })
      observe.event('promoted', subject, { region })
    }
    led = now
    lost = false
  }
  return {
    look(pods, maps) {
      const all = [...maps]
      const leader = holder(leaderLock(all.find(({ metadata: { name } }) => name.endsWith('-leader'))))
      tellLeader(pods, leader)
      const relied_on = synchronousStandbys(all.find(({ metadata: { name } }) => name.endsWith('-sync')))
      const state = postgresState(pods, { leader, last: leader ?? led }, relied_on)
      if (standby !== state.standby_state && standby !== null) {
        const other = pods.find(({ metadata }) => metadata.name !== led)
        const { subject, region } = nodeOf(pods, other?.metadata.name ?? '')
        if (state.standby_state === 'streaming') observe.event('standby-streaming', subject, { region })
        else if (standby === 'streaming') observe.event('standby-lost', subject, { region })
      }
      standby = state.standby_state
      return state
    },
  }
}
