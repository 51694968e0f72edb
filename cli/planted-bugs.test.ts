import { expect, test } from 'vitest'
import { experiments } from '#chaos/experiments/registry.ts'
import { checks } from '#reports/checks/registry.ts'
import { plantedBugs } from '#sut/designs/planted-bugs.ts'

const bugs = Object.values(plantedBugs)

test('there are planted bugs for every service', () => {
  expect(bugs.length).toBeGreaterThanOrEqual(30)
  const seams = bugs.flatMap(({ replaces, sql }) => [...Object.keys(replaces), ...Object.keys(sql ?? {})])
  const places = [...new Set(seams.map((name) => name.split('.')[0]!))]
  const all = ['analytics', 'catalog', 'game', 'gateway', 'identity', 'platform', 'session', 'telemetry', 'wallet']
  expect(places).toEqual(expect.arrayContaining(all))
})

/** Checks that are not there yet. */
const to_come = new Set([
  'effects-as-asked',
  'entries-match-transfers',
  'exclusions-kept',
  'holds-over-time',
  'limits-kept',
  'logins-end',
  'nonces-in-order',
  'proofs-hold',
  'reads-committed',
  'refusals-justified',
  'thief-gets-nothing',
])

test.each(bugs)('$name names an experiment and a check that exist', ({ caught_by, experiment }) => {
  expect(Object.keys(experiments)).toContain(experiment)
  expect([...checks.map(({ name }) => name), ...to_come]).toContain(caught_by)
})
