import { expect, test } from 'vitest'
import { fixture, recordOf, type FixtureOptions } from '../record/fixture.ts'
import { measureRecovery } from './recovery.ts'

const measured = (options: Partial<FixtureOptions>) => measureRecovery(recordOf(fixture(options)))

test('each trial says when it began to hurt, when it was noticed, and when service was whole again', () => {
  const { trials, summary, window_ms } = measured({ story: 'wallet-kill', rate_per_s: 60 })
  expect(window_ms).toBe(500)
  expect(trials).toHaveLength(3)
  for (const trial of trials) {
    expect(trial.targets).toEqual(['wallet-a-1'])
    expect(trial.recovered_s).toBeGreaterThan(0.6)
    expect(trial.recovered_s).toBeLessThan(1.8)
    expect(trial.detected_s).toBe(0)
    expect(trial.failed_operations).toBeGreaterThan(0)
    expect(trial.censored).toBe(false)
  }
  expect(summary).toMatchObject({ trials: 3, confidence: 0.75 })
  expect(summary.low_s).toBeLessThanOrEqual(summary.median_s!)
})

test('phases follow one another, from the events of what was hit', () => {
  const [trial] = measured({ story: 'wallet-kill', trials: 1, rate_per_s: 60 }).trials
  const phases = trial!.phases.filter(({ subject }) => subject === 'wallet-a-1')
  expect(phases.map(({ name }) => name)).toEqual(['detect', 'schedule', 'start', 'ready', 'routed'])
  for (const [index, phase] of phases.entries()) expect(phase.start_s).toBe(phases[index - 1]?.end_s ?? 0)
  expect(trial!.phases.at(-1)).toMatchObject({ name: 'slo', subject: 'clients', end_s: trial!.recovered_s })
})

test('an election is a phase of the store, whichever of its nodes leads', () => {
  const [trial] = measured({ story: 'region-failover', trials: 1 }).trials
  const postgres = trial!.phases.filter(({ subject }) => subject === 'postgres')
  expect(postgres.map(({ name }) => name)).toEqual(['detect', 'elect'])
  expect(trial!.recovered_s).toBeGreaterThan(6)
})

test('a trial that never recovers is censored, not dropped', () => {
  const { trials, summary } = measured({ story: 'wallet-kill', severity: 30, rate_per_s: 60 })
  expect(trials.map(({ censored, recovered_s }) => [censored, recovered_s])).toEqual([1, 2, 3].map(() => [true, null]))
  expect(summary).toMatchObject({ trials: 3, median_s: null, low_s: null, high_s: null })
  expect(trials[0]!.unavailable_s).toBeCloseTo(trials[0]!.watched_s, 0)
})

test('a fault that nobody notices has recovered at once', () => {
  const { trials } = measured({ story: 'wallet-kill', severity: 0, rate_per_s: 60, trials: 1 })
  expect(trials[0]).toMatchObject({ impact_start_s: null, recovered_s: 0, unavailable_s: 0 })
})

test('operations that were under way when the fault struck belong to the trial', () => {
  const raw = fixture({ story: 'wallet-kill', severity: 0, rate_per_s: 60, trials: 1 })
  const effective_ms = raw.journal.find((line) => line.kind === 'fault' && line.state === 'effective')!.at_ms
  for (const row of raw.requests) {
    const planned_ms = Number(row.planned_ms)
    if (planned_ms > effective_ms || planned_ms < effective_ms - 300) continue
    Object.assign(row, { status: 0, outcome: 'info', duration_ms: 1000 })
  }
  const [trial] = measureRecovery(recordOf(raw)).trials
  expect(trial).toMatchObject({ impact_start_s: 0, censored: false })
  expect(trial!.failed_operations).toBeGreaterThanOrEqual(15)
  expect(trial!.recovered_s).toBeLessThan(0.1)
})

test('a record without a fault has no trial', () => {
  expect(measured({ story: 'traffic-surge', rate_per_s: 10 })).toMatchObject({
    trials: [],
    summary: { trials: 0, median_s: null },
  })
})

test('what is started in vain, and what breaks again, is told apart', () => {
  const raw = fixture({ story: 'wallet-kill', trials: 1, rate_per_s: 60 })
  const events = raw.observations.filter((line) => line.kind === 'event')
  const at = (event: string): number => events.find((line) => line.event === event)!.at_ms
  const extra = (event: string, at_ms: number) => ({ ...events[0]!, event, at_ms })
  raw.observations.push(extra('exited', at('started') + 100), extra('started', at('started') + 200))
  raw.observations.push(extra('exited', at('routed') + 3000))
  raw.observations.sort((one, other) => one.at_ms - other.at_ms)
  const [trial] = measureRecovery(recordOf(raw)).trials
  const phases = trial!.phases.filter(({ subject }) => subject === 'wallet-a-1')
  const names = ['detect', 'schedule', 'start', 'failed', 'start', 'ready', 'routed', 'detect']
  expect(phases.map(({ name }) => name)).toEqual(names)
  expect(phases.at(-1)!.start_s).toBe(phases.at(-1)!.end_s)
})
