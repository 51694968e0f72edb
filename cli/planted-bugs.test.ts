import { expect, test } from 'vitest'
import { experiments } from '#chaos/experiments/registry.ts'
import { expects, limitOf } from '#reports/gate/expectations.ts'
import { dangerNames } from '#reports/checks/check.ts'
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

test.each(bugs)(
  '$name names an experiment, and a check or what the experiment expects',
  ({ caught_by, experiment }) => {
    expect(Object.keys(experiments)).toContain(experiment)
    const isCheck = checks.some(({ name }) => name === caught_by)
    expect(isCheck || expects(experiments[experiment]!, caught_by)).toBe(true)
  },
)

test('no check has the name of an expectation', () => {
  expect(checks.filter(({ name }) => Object.hasOwn(limitOf, name))).toEqual([])
})

test.each(Object.values(experiments))('$name insists on dangers that checks have', ({ expectations }) => {
  expect(dangerNames(checks)).toEqual(expect.arrayContaining(Object.keys(expectations.exercised ?? {})))
})
