import { expect, test } from 'vitest'
import { fixture, recordOf, type FixtureOptions } from '../record/fixture.ts'
import { gateAgainst } from './baseline.ts'
import { compareRuns, tableMarkdown, tableText } from './compare.ts'
import { judge } from './judge.ts'

const run = (options: Partial<FixtureOptions>) => judge(recordOf(fixture({ rate_per_s: 50, ...options })))
const baseline = run({ seed: 'one' })

test('two runs of the same code differ in nothing that counts', () => {
  const { ok, differences } = gateAgainst(run({ seed: 'two' }), baseline)
  expect(differences.filter(({ change }) => change !== 'same')).toEqual([])
  expect(ok).toBe(true)
})

test('a slower recovery and more failures are worse; the other way round they are better', () => {
  const slower = run({ severity: 6 })
  const worse = gateAgainst(slower, baseline)
  expect(worse.ok).toBe(false)
  const names = worse.differences.filter(({ change }) => change === 'worse').map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['recovery (median)', 'failed operations']))
  expect(gateAgainst(baseline, slower).ok).toBe(true)
})

test('runs of different experiments cannot be compared with a gate', () => {
  expect(() => gateAgainst(run({ story: 'region-failover' }), baseline)).toThrow(/baseline/)
})

test('a comparison has one column a run', () => {
  const table = compareRuns([baseline, run({ severity: 6 })])
  expect(table.header).toHaveLength(3)
  for (const row of table.rows) expect(row).toHaveLength(3)
  expect(tableText(table).split('\n')).toHaveLength(table.rows.length + 1)
  expect(tableMarkdown(table)).toContain('| recovery, median |')
})
