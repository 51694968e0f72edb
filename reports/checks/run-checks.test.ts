import { expect, test } from 'vitest'
import { fixture, recordOf, type RawRecord } from '../record/fixture.ts'
import type { RunRecord } from '../record/record.ts'
import { dangerNames, verdictOf, type Check } from './check.ts'
import { checks } from './registry.ts'
import { runChecks } from './run-checks.ts'
import { cleanRecord, linesOfKind } from './testing.ts'

const statesOf = (record: RunRecord) => new Map(runChecks(record).checks.map(({ name, state }) => [name, state]))

/** Some hundred requests of one player in ten seconds are more than a fixture should hold. */
const too_much = new Set(['rates-kept'])

test('every check has a name of its own, passes on clean records of every kind, looks at something and meets a danger', () => {
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length)
  const examined = new Map<string, number>()
  for (const story of ['wallet-kill', 'traffic-surge', 'region-failover'] as const) {
    const result = runChecks(recordOf(fixture({ story, rate_per_s: 10, trials: 1 })))
    expect(result.violations).toEqual([])
    for (const check of result.checks.filter(({ name }) => !too_much.has(name))) {
      expect(check).toMatchObject({ state: 'PASS', violations: 0 })
      examined.set(check.name, (examined.get(check.name) ?? 0) + check.examined)
    }
  }
  expect([...examined].filter(([, count]) => count === 0)).toEqual([])
})

const danger = (name: string) => ({ name, what: 'something', brought_about_by: 'somebody' })
const checkThat = (run: Check['run']): Check => ({
  name: 'planted',
  title: 'Planted',
  needs: [],
  dangers: [danger('met'), danger('unmet')],
  run,
})
const clean = recordOf(cleanRecord())

test.each<[string, (verdict: ReturnType<typeof verdictOf>) => void, object]>([
  ['looked at something and met a danger', (v) => (v.examine(), v.exercise('met', 2)), { state: 'PASS', note: '' }],
  ['met no danger', (v) => v.examine(), { state: 'NOT_EXERCISED', exercised: { met: 0, unmet: 0 } }],
  ['looked at nothing', (v) => v.exercise('met'), { state: 'NOT_EXERCISED', note: 'nothing to look at in this run' }],
  ['found a violation, danger or not', (v) => v.violate(() => ({ text: 'x', fault: null })), { state: 'FAIL' }],
])('a check that %s', (_, look, expected) => {
  const planted = checkThat(() => {
    const verdict = verdictOf('planted')
    look(verdict)
    return verdict.outcome()
  })
  expect(runChecks(clean, [planted]).checks[0]).toMatchObject(expected)
})

test('a check that counts a danger which it does not name is a mistake', () => {
  const planted = checkThat(() => ({ examined: 1, total: 0, violations: [], exercised: { typo: 1 } }))
  expect(() => runChecks(clean, [planted])).toThrow(/planted counts typo/)
})

test('dangers of all checks have names that an experiment can tell apart, and say what they are', () => {
  const names = dangerNames(checks)
  expect(new Set(names).size).toBe(names.length)
  for (const { name, dangers } of checks) {
    expect(dangers.length, name).toBeGreaterThan(0)
    for (const { name: each, what, brought_about_by } of dangers) {
      expect(each).toMatch(/^[a-z]+(_[a-z]+)*$/)
      expect(what.length * brought_about_by.length, each).toBeGreaterThan(0)
    }
  }
})

test('where two checks have a danger of one name, it is called by both', () => {
  const one = {
    ...checkThat(() => ({ examined: 0, total: 0, violations: [], exercised: {} })),
    dangers: [danger('met')],
  }
  const other = { ...one, name: 'other', dangers: [danger('met'), danger('alone')] }
  expect(dangerNames([one, other])).toEqual(['alone', 'planted.met', 'other.met', 'other.alone'])
})

test('a check that lacks what it needs is inconclusive, the others are made', () => {
  const record = { ...recordOf(cleanRecord()), missing: ['ledger.jsonl'] }
  const states = statesOf(record)
  expect(states.get('money-conserved')).toBe('INCONCLUSIVE')
  expect(runChecks(record).checks.find(({ name }) => name === 'money-conserved')?.exercised).toEqual({})
  expect(states.get('read-your-writes')).toBe('PASS')
})

test('a dump that was cut short is not taken for lost money', () => {
  const raw = cleanRecord()
  raw.journal = raw.journal.filter((line) => !(line.kind === 'phase' && line.phase === 'dump' && line.state === 'end'))
  raw.ledger.length = 50
  const states = statesOf(recordOf(raw))
  expect([...states.values()]).not.toContain('FAIL')
  expect(states.get('acknowledged-lost')).toBe('INCONCLUSIVE')
})

test('many violations are counted and few are shown, with the fault that was active then', () => {
  const raw: RawRecord = cleanRecord()
  const fault = raw.journal.find((line) => line.kind === 'fault' && line.state === 'effective')!
  const inFault = raw.history.filter(
    ({ at_ms, type, key }) => type === 'ok' && key !== undefined && at_ms > fault.at_ms,
  )
  const keys = new Set(inFault.slice(0, 12).map(({ key }) => key!))
  const gone = new Set(
    linesOfKind(raw, 'round')
      .filter(({ key }) => keys.has(key))
      .map(({ round_id }) => round_id),
  )
  raw.ledger = raw.ledger.filter((line) => !(line.kind === 'round' && gone.has(line.round_id)))
  const result = runChecks(recordOf(raw))
  const lost = result.checks.find(({ name }) => name === 'acknowledged-lost')!
  expect(lost.violations).toBe(gone.size)
  expect(gone.size).toBeGreaterThan(5)
  const shown = result.violations.filter(({ kind }) => kind === 'acknowledged-lost')
  expect(shown).toHaveLength(5)
  expect(shown[0]?.witness.fault).toBe('process-kill on wallet-a-1 (trial 1)')
})

test('what still moves is not taken for lost: that it does is one violation', () => {
  const raw = cleanRecord()
  raw.journal.push({ kind: 'note', at_ms: 1, monotonic_ms: 1, code: 'not-settled', text: 'outbox 3' })
  linesOfKind(raw, 'outbox')[9]!.published = false
  const states = statesOf(recordOf(raw))
  expect([...states].filter(([, state]) => state === 'FAIL').map(([name]) => name)).toEqual(['settled'])
  expect(states.get('outbox-log')).toBe('INCONCLUSIVE')
})
