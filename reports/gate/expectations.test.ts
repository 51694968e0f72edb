import { expect, test } from 'vitest'
import { measureElasticity } from '../measure/elasticity.ts'
import { runWindows } from '../measure/latency.ts'
import { fixture, recordOf } from '../record/fixture.ts'
import { type Measured, judgeExpectations } from './expectations.ts'

const record = recordOf(fixture({ story: 'traffic-surge' }))
const waives = { consistent: 'not asked here', recovers: 'not asked here' }
const elasticity = measureElasticity(record, runWindows(record))

/** How a demand is judged that was met after so long, and one that was not met for so long; 20 s are allowed. */
function reaction(reaction_lag_s: number | null, unanswered_s: number | null) {
  const services = elasticity.services.map((item) => ({ ...item, reaction_lag_s, unanswered_s }))
  const measured = { elasticity: { ...elasticity, services } } as Measured
  const { expectations } = record.experiment
  const only = { waives, reaction_lag_s_max: expectations.reaction_lag_s_max }
  const asked = { ...record, experiment: { ...record.experiment, expectations: only } } as typeof record
  return judgeExpectations({ record: asked, measured, sound: true })[0]
}

test.each([
  ['answered in time', 8, null, 'PASS', '8 s'],
  ['answered too late', 21, null, 'FAIL', '21 s'],
  ['answered in time, once not before it fell again', 8, 12, 'PASS', '8 s'],
  ['answered in time, once not at all', 8, 21, 'FAIL', 'had not enough for 21 s'],
  ['only a demand that fell again too soon', null, 4, 'INCONCLUSIVE', 'fell again after 4 s'],
  ['no rise', null, null, 'INCONCLUSIVE', 'demand never rose'],
])('reaction to demand: %s', (_, lag_s, unanswered_s, state, measured) => {
  const found = reaction(lag_s, unanswered_s)
  expect(found).toMatchObject({ name: 'reaction to demand', state })
  expect(found!.measured.replaceAll('\u00A0', ' ')).toContain(measured)
})

test.each([
  ['demanded, and done', 2, 2, 'PASS', /^2 in a, 2 in b$/],
  ['demanded, and not done', 2, 1, 'FAIL', /^1 in a, 1 in b$/],
  ['done without demand', 1, 2, 'PASS', /demand called for 1 at most$/],
  ['neither', 1, 1, 'INCONCLUSIVE', /^1 in a, 1 in b, and demand called for 1 at most$/],
])('scaling out: %s', (_, demanded, replicas_max, state, text) => {
  const series: [number, number, number][] = [
    [0, 1, 1],
    [5, demanded, replicas_max],
  ]
  const services = elasticity.services.map((item) => ({ ...item, series, replicas_max }))
  const measured = { elasticity: { ...elasticity, services } } as Measured
  const only = { waives, scales_out: [{ service: 'gateway', replicas_min: 2 }] }
  const asked = { ...record, experiment: { ...record.experiment, expectations: only } } as typeof record
  const [found] = judgeExpectations({ record: asked, measured, sound: true })
  expect(found).toMatchObject({ name: 'gateway scales out', state, measured: expect.stringMatching(text) })
})
