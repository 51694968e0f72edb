import { expect, test } from 'vitest'
import { experiments } from '#chaos/experiments/registry.ts'
import type { ResultFile } from '#reports/record/result.ts'
import { shortened } from './control-runs.ts'
import { controlsOf, controlsText, outcomeOf, type Controlled, type PlantedRun } from './control-table.ts'

const bug = (name: string): Controlled => ({ name, title: name, caught_by: 'money-conserved', experiment: 'calm' })

/** What the controls read of a result; checks that are named have failed. */
function resultWith(failed: readonly string[], { id = 'one', p99_ms = 100 } = {}): ResultFile {
  const state = failed.length > 0 ? 'FAIL' : 'PASS'
  const checks = ['money-conserved', 'nonces-once'].map((name) => ({
    name,
    state: failed.includes(name) ? 'FAIL' : 'PASS',
    violations: failed.includes(name) ? 3 : 0,
  }))
  return {
    run: { id, experiment: 'calm', target: 'local', design: 'standard' },
    verdict: { system: state, harness: 'PASS', cleanup: 'PASS', sentence: 'What happened.', expectations: [] },
    recovery: { trials: [], summary: { trials: 0, median_s: null } },
    elasticity: { slo_violation_s: 0 },
    consistency: { checks, operations: 10, violations: [] },
    latency: { overall: { p50_ms: 10, p99_ms }, windows: [{ operations: 10, failed: 0 }] },
    cost: { cpu_ms_per_operation: 1 },
  } as unknown as ResultFile
}
const run = (name: string, reached: number, failed: readonly string[]): PlantedRun => ({
  bug: bug(name),
  marks: { ran: 5, reached },
  result: resultWith(failed),
})

test('caught is by the check that is meant for it, whoever else saw it', () => {
  expect(outcomeOf(run('a-bug', 3, ['money-conserved', 'nonces-once']))).toBe('caught')
  expect(outcomeOf(run('a-bug', 3, ['nonces-once']))).toBe('caught_otherwise')
  expect(outcomeOf(run('a-bug', 3, []))).toBe('missed')
  expect(outcomeOf({ bug: bug('a-bug'), marks: { ran: 0, reached: 0 }, failure: 'no system' })).toBe('failed')
  // Marks may be lost with an instance: what a check has seen was reached.
  expect(outcomeOf(run('a-bug', 0, ['money-conserved']))).toBe('caught')
})

test('a bug that only its service level shows is caught by what the experiment expects', () => {
  const slow: Controlled = { ...bug('slow-bug'), caught_by: 'service level', experiment: 'under-attack' }
  const outcome = (name: string, state: string, failed: readonly string[] = []) => {
    const result = resultWith(failed)
    result.verdict.expectations = [{ name, limit: 'at most 3 s', measured: '12 s', state } as never]
    return outcomeOf({ bug: slow, marks: { ran: 5, reached: 3 }, result })
  }
  expect(outcome('service level', 'FAIL')).toBe('caught')
  expect(outcome('service level', 'PASS')).toBe('missed')
  expect(outcome('service level', 'INCONCLUSIVE')).toBe('missed')
  expect(outcome('recovery', 'FAIL')).toBe('missed')
  expect(outcome('service level', 'PASS', ['nonces-once'])).toBe('caught_otherwise')
})

test('what made no difference is not missed: the load is to blame', () => {
  expect(outcomeOf(run('a-bug', 0, []))).toBe('not_reached')
  const found = controlsOf([run('a-bug', 0, [])], [])
  expect(found.ok).toBe(false)
  expect(controlsText(found)).toContain("not reached, which is the load's fault: 1")
  expect(controlsText(found)).toContain('missed: 0')
})

test('all is well only when each bug is caught each time and no run of the standard gives an alarm', () => {
  const caught = [run('a-bug', 3, ['money-conserved']), run('a-bug', 1, ['money-conserved', 'nonces-once'])]
  const calm = ['one', 'two', 'three'].map((id) => resultWith([], { id }))
  const found = controlsOf(caught, calm)
  expect(found).toMatchObject({ ok: true, alarms: { pairs: 2, runs: 3, texts: [] } })
  expect(found.bugs).toMatchObject([{ planted: 2, ran: 2, reached: 2, others: ['nonces-once'], ok: true }])
  expect(controlsText(found)).toMatchInlineSnapshot(`
    "planted bug  experiment  planted  ran  reached  caught by                by another  missed
    a-bug        calm        2        2    2        money-conserved  2 of 2  –           –

    caught by the check that is meant for it: 2 of 2
    caught by another check alone: 0 · missed: 0
    not reached, which is the load's fault: 0 · without a result: 0
    false alarms: 0 in 3 runs of the standard, 2 pairs, both ways
    all controls hold"
  `)
  expect(controlsOf([...caught, run('a-bug', 2, [])], calm)).toMatchObject({ ok: false, bugs: [{ ok: false }] })
})

test('a pair differs both ways, and a run of the standard that fails is an alarm', () => {
  const [quick, slow] = [resultWith([], { id: 'quick' }), resultWith([], { id: 'slow', p99_ms: 900 })]
  for (const order of [
    [quick, slow],
    [slow, quick],
  ])
    expect(controlsOf([], order).alarms.texts).toEqual([expect.stringContaining('slow is taken for worse than quick')])
  const failing = controlsOf([], [resultWith(['nonces-once'])])
  expect(failing.alarms.texts).toEqual(['one is FAIL: What happened.'])
  expect(failing.ok).toBe(false)
})

test('a run without a result counts as none, with its reason', () => {
  const lost: PlantedRun = { bug: bug('a-bug'), marks: { ran: 0, reached: 0 }, failure: 'the system did not start' }
  expect(controlsText(controlsOf([lost], []))).toContain('no result: 1 (the system did not start)')
})

test('of what the experiment expects stays what must catch the bug', () => {
  const { expectations } = experiments['under-attack']!
  const { slo_violation_s_max, failed_share_max } = shortened(
    experiments['under-attack']!,
    'service level',
  ).expectations
  expect([slo_violation_s_max, failed_share_max]).toEqual([expectations.slo_violation_s_max, undefined])
  expect(slo_violation_s_max).toBeDefined()
})

test('the experiment of a bug is shortened, and keeps its faults and its load', () => {
  for (const experiment of Object.values(experiments)) {
    const short = shortened(experiment, 'money-conserved')
    expect(short.trials).toBeLessThanOrEqual(2)
    expect(short.faults).toEqual(experiment.faults)
    expect(short.load).toMatchObject({ rate_per_s: experiment.load.rate_per_s, players: experiment.load.players })
    expect(short.expectations).toMatchObject({
      consistent: true,
      waives: { recovers: expect.stringContaining('bug'), whole: expect.stringContaining('bug') },
    })
  }
})
