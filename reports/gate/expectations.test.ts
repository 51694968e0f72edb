import { expect, test } from 'vitest'
import { measureElasticity } from '../measure/elasticity.ts'
import { runWindows } from '../measure/latency.ts'
import { fixture, recordOf } from '../record/fixture.ts'
import { type Measured, judgeExpectations } from './expectations.ts'

const record = recordOf(fixture({ story: 'traffic-surge' }))
const elasticity = measureElasticity(record, runWindows(record))

/** How a demand is judged that was met after so long, and one that was not met for so long; 20 s are allowed. */
function reaction(reaction_lag_s: number | null, unanswered_s: number | null) {
  const services = elasticity.services.map((item) => ({ ...item, reaction_lag_s, unanswered_s }))
  const measured = { elasticity: { ...elasticity, services } } as Measured
  const { expectations } = record.experiment
  const only = { consistent: false, reaction_lag_s_max: expectations.reaction_lag_s_max }
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
