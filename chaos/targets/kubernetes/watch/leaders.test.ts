import { expect, test } from 'vitest'
import type { Observations } from '#reports/record/observations.ts'
import type { ConfigMap, Pod } from '../access/objects.ts'
import { redisRegion } from '../stores.ts'
import { leaderLock, postgresState, synchronousStandbys } from './patroni.ts'
import { createPostgresView } from './postgres-view.ts'

// Annotations as Patroni 4.0 writes them.
const member = (region: string, status: object): Pod => ({
  metadata: {
    name: `postgres-${region}-0`,
    labels: { 'slot-chaos/service': 'postgres', 'slot-chaos/region': region },
    annotations: { status: JSON.stringify(status) },
  },
})
const primary = member('a', { role: 'primary', state: 'running', xlog_location: 1000, timeline: 1 })
const standby = member('b', { role: 'replica', state: 'running', replication_state: 'streaming', xlog_location: 900 })
const lock = (leader: string | undefined, renewTime: string): ConfigMap => ({
  metadata: { name: 'postgres-leader', annotations: { ttl: '20', renewTime, ...(leader !== undefined && { leader }) } },
})
const sync = (sync_standby: string): ConfigMap => ({
  metadata: { name: 'postgres-sync', annotations: { leader: 'postgres-a-0', sync_standby } },
})

test('the holder of the lock leads; a standby that commits wait for streams', () => {
  const state = postgresState([primary, standby], { leader: 'postgres-a-0' }, ['postgres-b-0'])
  expect(state).toEqual({ leader: 'a', standby_state: 'streaming', replication_lag_bytes: 100 })
  expect(postgresState([primary, standby], { leader: 'postgres-a-0' }, []).standby_state).toBe('catching-up')
  expect(postgresState([primary], { leader: 'postgres-a-0' }, [])).toMatchObject({
    standby_state: 'down',
    replication_lag_bytes: null,
  })
  expect(postgresState([primary, standby], { leader: null }, null).leader).toBeNull()
})

test('the lock and the standbys are read from annotations', () => {
  expect(leaderLock(lock('postgres-a-0', 't1'))).toEqual({ holder: 'postgres-a-0', renewed: 't1', ttl_ms: 20_000 })
  expect(leaderLock(lock(undefined, 't1'))?.holder).toBeNull()
  expect(leaderLock(undefined)).toBeNull()
  expect(synchronousStandbys(sync('postgres-b-0'))).toEqual(['postgres-b-0'])
  expect(synchronousStandbys(undefined)).toBeNull()
})

test('a lease that runs out, a promotion and a standby that follows are told once each', () => {
  const told: string[] = []
  const clock = { now: 0, wall_ms: () => clock.now, monotonic_ms: () => clock.now }
  const observe = { event: (event: string, subject: string) => told.push(`${event} ${subject}`) }
  const view = createPostgresView(clock, observe as unknown as Observations)
  const look = (at_s: number, pods: Pod[], maps: ConfigMap[]) => {
    clock.now = at_s * 1000
    return view.look(pods, maps)
  }
  const first = lock('postgres-a-0', 't1')
  const both = [primary, standby]
  look(0, both, [first, sync('postgres-b-0')])
  expect(look(19, both, [first, sync('postgres-b-0')]).leader).toBe('a')
  expect(look(21, both, [first, sync('postgres-b-0')]).leader).toBeNull()
  look(22, both, [first, sync('postgres-b-0')])
  const second = lock('postgres-b-0', 't2')
  const turned = [
    member('a', { state: 'stopped' }),
    member('b', { role: 'primary', state: 'running', xlog_location: 1200 }),
  ]
  expect(look(23, turned, [second, sync('')]).leader).toBe('b')
  const followed = [member('a', { state: 'streaming', xlog_location: 1200 }), turned[1]!]
  look(40, followed, [second, sync('postgres-a-0')])
  look(41, followed, [second, sync('postgres-a-0')])
  expect(told).toEqual([
    'leader-lost postgres-a',
    'promoted postgres-b',
    'standby-lost postgres-a',
    'standby-streaming postgres-a',
  ])
})

test('Sentinel names the leader of Redis by host name or by address', () => {
  const pod: Pod = {
    metadata: { name: 'redis-b-0', labels: { 'slot-chaos/service': 'redis', 'slot-chaos/region': 'b' } },
    status: { podIP: '10.244.2.7' },
  }
  expect(redisRegion('redis-b-0.redis-b.slot-1.svc.cluster.local', [pod])).toBe('b')
  expect(redisRegion('10.244.2.7', [pod])).toBe('b')
  expect(redisRegion('redis-a-0.redis-a.slot-1.svc.cluster.local', [pod])).toBe('a')
  expect(redisRegion('10.244.9.9', [pod])).toBeNull()
})
