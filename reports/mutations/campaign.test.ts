import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { random } from '#lib/random.ts'
import { judge } from '../gate/judge.ts'
import { fixture, writeFixture } from '../record/fixture.ts'
import { readRecord } from '../record/read.ts'
import { runCampaign } from './campaign.ts'
import { damages } from './catalogue/damages.ts'
import { mutations } from './registry.ts'

const parent = mkdtempSync(join(tmpdir(), 'damaged-'))
afterAll(() => rmSync(parent, { recursive: true }))

// Ten thousand of them: npm run test:records.
test('of random correct records none is an alarm; with one lie in it each fails by the check that is meant for it', () => {
  const {
    false_alarms,
    missed,
    unbounded,
    mutations: tallies,
  } = runCampaign({ records: mutations.length, seed: 'test' })
  expect({ false_alarms, missed, unbounded }).toEqual({ false_alarms: [], missed: [], unbounded: [] })
  expect(tallies.filter(({ tried, intended }) => tried === 0 || intended < tried)).toEqual([])
}, 120_000)

// Two operations with one key: what was refused was done for the other one. Was red: 3 of 23 only by another check.
test('an operation that was refused and done is told from one whose copy was served', () => {
  const refused = mutations.filter(({ name }) => name.startsWith('refused-'))
  const { mutations: tallies } = runCampaign({ records: 80, seed: '7', mutations: refused })
  expect(tallies.filter(({ tried, intended }) => tried === 0 || intended < tried)).toEqual([])
}, 60_000)

test('mutations have names of their own, and there are more than forty kinds', () => {
  expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length)
  expect(mutations.length).toBeGreaterThan(40)
})

const raw = fixture({ rate_per_s: 6, trials: 1, players: 4 })

test.each(damages)(
  '$name is no fault of the system: inconclusive, and the file is named',
  async ({ name, file, change }) => {
    const folder = join(parent, name)
    writeFixture(folder, raw)
    const path = join(folder, file)
    const text = change(readFileSync(path, 'utf8'), random(name))
    if (text === null) rmSync(path)
    else writeFileSync(path, text)
    const { system, harness, reasons } = judge(await readRecord(folder)).verdict
    expect({ system, harness }).toEqual({ system: 'INCONCLUSIVE', harness: 'INCONCLUSIVE' })
    expect(reasons.some(({ text: reason }) => reason.includes(file))).toBe(true)
  },
)
