import { expect, test } from 'vitest'
import { fixture, recordOf } from '../record/fixture.ts'
import type { DemandPoint } from './demand.ts'
import { measureElasticity, reactionOf } from './elasticity.ts'
import { runWindows } from './latency.ts'

const point = (s: number, demanded: number, supplied: number): DemandPoint => {
  return { at_ms: s * 1000, demanded, supplied, unbounded: demanded }
}

test('the reaction lag is the longest time from a rise to enough replicas', () => {
  const points = [
    point(0, 1, 1),
    point(1, 2, 1),
    point(2, 2, 1),
    point(4, 2, 2),
    point(9, 1, 2),
    point(12, 3, 2),
    point(18, 3, 3),
  ]
  expect(reactionOf(points)).toEqual({ reaction_lag_s: 6, unanswered_s: null })
})

test('a rise that is never met says for how long it was not, a demand that never rises says nothing', () => {
  const unmet = [point(0, 1, 1), point(1, 3, 1), point(9, 3, 2)]
  expect(reactionOf(unmet)).toEqual({ reaction_lag_s: null, unanswered_s: 8 })
  expect(reactionOf([...unmet, point(10, 1, 2), point(11, 2, 2)])).toEqual({ reaction_lag_s: 0, unanswered_s: 9 })
  expect(reactionOf([point(0, 2, 1), point(9, 1, 1)])).toEqual({ reaction_lag_s: null, unanswered_s: null })
})

test('a surge: demand rises with the offered load, supply follows, and the bounds of autoscaling hold', () => {
  const record = recordOf(fixture({ story: 'traffic-surge' }))
  const { services, decisions, demand, slo_violation_s } = measureElasticity(record, runWindows(record))
  expect(services.map(({ service, region }) => `${service} ${region}`)).toContain('gateway a')
  const gateway = services.find(({ service, region }) => service === 'gateway' && region === 'a')!
  // 160 operations/s, one gateway request each, half of them in a, 60/s and a tenth more a replica: 80 / 66 → 2.
  expect(gateway.series.find(([t_s]) => t_s > 30)).toMatchObject([expect.any(Number), 2, 2])
  expect(gateway).toMatchObject({ replicas_min: 1, replicas_max: 2, unanswered_s: null })
  expect(gateway.reaction_lag_s).toBeGreaterThan(2)
  expect(gateway.reaction_lag_s).toBeLessThan(9)
  expect(gateway.under_provisioning_timeshare).toBeGreaterThan(0)
  expect(gateway.over_provisioning_timeshare).toBeGreaterThan(0.2)
  expect(decisions).toHaveLength(12)
  expect(demand).toContain('rounded up')
  expect(slo_violation_s).toBeGreaterThan(4)
})

test('an outage of a region moves the demand to where the requests go', () => {
  const record = recordOf(fixture({ story: 'wallet-kill' }))
  const { services } = measureElasticity(record, runWindows(record))
  const wallet = services.find(({ service, region }) => service === 'wallet' && region === 'a')!
  expect(wallet).toMatchObject({ replicas_min: 1, replicas_max: 2 })
  expect(wallet.under_provisioning_accuracy).toBeCloseTo(wallet.under_provisioning_timeshare / 2, 2)
})
