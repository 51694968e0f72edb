import { expect, test } from 'vitest'
import { fixture, recordOf } from '../record/fixture.ts'
import type { CheckState, ResultFile } from '../record/result.ts'
import { checksText, exercisedAtLeast } from './exercised.ts'
import { judge } from './judge.ts'

type Checks = ResultFile['consistency']['checks']
const check = (name: string, state: CheckState, exercised?: Record<string, number>): Checks[number] => ({
  name,
  title: name,
  examined: 1,
  state,
  violations: 0,
  note: '',
  ...(exercised && { exercised }),
})
const checks = [
  check('rounds-ended', 'PASS', { resolver_ended: 3, shared: 1 }),
  check('holds-end', 'NOT_EXERCISED', { holds_expired: 0, shared: 7 }),
  check('phantom', 'INCONCLUSIVE', {}),
]

test.each([
  [{ resolver_ended: 3 }, 'PASS', 'met three times'],
  [{ resolver_ended: 4 }, 'INCONCLUSIVE', 'met three times, at least 4 wanted'],
  [{ holds_expired: 1 }, 'INCONCLUSIVE', 'met no times, at least 1 wanted'],
  [{ 'holds-end.shared': 7 }, 'PASS', 'met seven times'],
  [{ 'rounds-ended.shared': 7 }, 'INCONCLUSIVE', 'met once, at least 7 wanted'],
  [{ players_at_once: 1 }, 'INCONCLUSIVE', 'not counted, because phantom could not be made, at least 1 wanted'],
  [{ 'rounds-ended.typo': 1 }, 'INCONCLUSIVE', 'no check counts rounds-ended.typo, at least 1 wanted'],
])('%j is %s: %s', (wanted, state, measured) => {
  const [name] = Object.keys(wanted)
  expect(exercisedAtLeast(wanted, { checks })).toEqual([
    expect.objectContaining({ name: `danger ${name}`, state, measured }),
  ])
})

test('a result of before dangers were counted shows none', () => {
  const [found] = exercisedAtLeast({ resolver_ended: 1 }, { checks: [check('rounds-ended', 'PASS')] })
  expect(found).toMatchObject({ state: 'INCONCLUSIVE' })
})

test('what a PASS rests on is said in numbers', () => {
  expect(checksText({ checks })).toBe('3 checks: 1 passed, 1 not exercised (holds-end), 1 could not be made (phantom)')
  expect(checksText({ checks: checks.slice(0, 1) })).toBe('1 check: 1 passed')
})

function judged(wanted: Record<string, number>, change: (raw: ReturnType<typeof fixture>) => void = () => undefined) {
  const raw = fixture({ trials: 1, rate_per_s: 20 })
  const experiment = raw.run.experiment as { expectations: object }
  experiment.expectations = { ...experiment.expectations, exercised: wanted }
  change(raw)
  return judge(recordOf(raw)).verdict
}

test('a run that met what its experiment insists on passes', () => {
  expect(judged({ copies_under_way: 5, debits_in_crossing: 5 })).toMatchObject({ system: 'PASS', reasons: [] })
})

test('one that did not is inconclusive, though all is well, and says what it lacks', () => {
  const verdict = judged({ copies_under_way: 5 }, (raw) => {
    raw.history = raw.history.filter(({ operation_id }) => !operation_id.endsWith('-copy'))
  })
  expect(verdict).toMatchObject({ system: 'INCONCLUSIVE', harness: 'PASS' })
  expect(verdict.sentence).toContain('danger copies_under_way: met no times, at least 5 wanted')
})

test('that not one cent was lost is said only where it could have been', () => {
  const noRace = judged({}, (raw) => {
    raw.history = raw.history.filter(({ operation_id }) => !operation_id.endsWith('too-much'))
    const ends = new Map(raw.history.map(({ operation_id, at_ms }) => [operation_id, at_ms]))
    for (const line of raw.history)
      if (line.type === 'invoke' && line.operation_id.startsWith('rush-'))
        line.at_ms = ends.get(line.operation_id)! - 0.1
  })
  expect(noRace).toMatchObject({ system: 'PASS' })
  expect(noRace.sentence).toMatch(
    /; no money was seen to be lost, and no-negative-balance and no-anomaly were not exercised\.$/,
  )
})
