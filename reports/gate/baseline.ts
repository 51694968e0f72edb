import { Failure } from '#lib/errors.ts'
import type { ResultFile } from '../record/result.ts'
import { milliseconds, percent, seconds } from './words.ts'

export interface Difference {
  name: string
  baseline: string
  run: string
  change: 'worse' | 'better' | 'same'
}

// What two runs of the same code may differ in: larger changes count.
const latency_share = 0.25
const latency_ms = 25
const failed_share = 0.005 // or half as many again
const violation_s = 2
const recovery_s = 1
const cost_share = 0.25

/**
 * Compares a run with an earlier one of the same experiment: `ok` when nothing got worse by more than noise.
 * Throws Failure USAGE when the two are not comparable.
 */
export function gateAgainst(run: ResultFile, baseline: ResultFile): { ok: boolean; differences: Difference[] } {
  if (run.run.experiment !== baseline.run.experiment || run.run.target !== baseline.run.target)
    throw new Failure(
      'USAGE',
      `${run.run.id} is ${run.run.experiment} on ${run.run.target}, the baseline ${baseline.run.experiment} on ${baseline.run.target}`,
      { hint: 'a baseline is an earlier run of the same experiment on the same target' },
    )
  const failedBefore = failedShareOf(baseline)
  const differences = [
    ...verdicts(run, baseline),
    figure('violations of consistency', violationsOf(run), violationsOf(baseline), 0, String),
    recovery(run, baseline),
    figure('failed operations', failedShareOf(run), failedBefore, Math.max(failed_share, failedBefore / 2), percent),
    latency('p50', run.latency.overall.p50_ms, baseline.latency.overall.p50_ms),
    latency('p99', run.latency.overall.p99_ms, baseline.latency.overall.p99_ms),
    figure(
      'outside of the service level',
      run.elasticity.slo_violation_s,
      baseline.elasticity.slo_violation_s,
      violation_s,
      seconds,
    ),
    cost(run, baseline),
  ]
  return { ok: differences.every(({ change }) => change !== 'worse'), differences }
}

const rank = { PASS: 0, INCONCLUSIVE: 1, FAIL: 2 } as const

function verdicts(run: ResultFile, baseline: ResultFile): Difference[] {
  return (['system', 'harness', 'cleanup'] as const).map((about) => {
    const [now, then] = [run.verdict[about], baseline.verdict[about]]
    return { name: `verdict: ${about}`, baseline: then, run: now, change: changeOf(rank[now] - rank[then], 0) }
  })
}

const changeOf = (more: number, tolerated: number): Difference['change'] =>
  more > tolerated + 1e-9 ? 'worse' : more < -tolerated - 1e-9 ? 'better' : 'same'

function figure(
  name: string,
  now: number,
  then: number,
  tolerated: number,
  text: (value: number) => string,
): Difference {
  return { name, baseline: text(then), run: text(now), change: changeOf(now - then, tolerated) }
}

const latency = (which: string, now_ms: number, then_ms: number): Difference =>
  figure(`latency ${which}`, now_ms, then_ms, Math.max(latency_ms, then_ms * latency_share), milliseconds)

function cost(run: ResultFile, baseline: ResultFile): Difference {
  const now = run.cost.cpu_ms_per_operation ?? 0
  const then = baseline.cost.cpu_ms_per_operation ?? now
  return figure('CPU per operation', now, then, then * cost_share, milliseconds)
}

/** Worse only when the intervals of the two medians are apart by more than a window: few trials scatter widely. */
function recovery(run: ResultFile, baseline: ResultFile): Difference {
  const [now, then] = [run.recovery.summary, baseline.recovery.summary]
  const name = 'recovery (median)'
  const text = ({ trials, median_s }: typeof now): string =>
    trials === 0 ? 'no trial' : median_s === null ? 'never' : seconds(median_s)
  const shown = { name, baseline: text(then), run: text(now) }
  if (now.trials === 0 || then.trials === 0) return { ...shown, change: 'same' }
  const bounds = ({ low_s, high_s }: typeof now): [number, number] => [low_s ?? Infinity, high_s ?? Infinity]
  const [nowLow, nowHigh] = bounds(now)
  const [thenLow, thenHigh] = bounds(then)
  const worse = nowLow > thenHigh + recovery_s || (nowHigh === Infinity && thenHigh < Infinity)
  const better = nowHigh < thenLow - recovery_s || (thenHigh === Infinity && nowHigh < Infinity)
  return { ...shown, change: worse ? 'worse' : better ? 'better' : 'same' }
}

const violationsOf = ({ consistency }: ResultFile): number =>
  consistency.checks.reduce((sum, { violations }) => sum + violations, 0)

function failedShareOf({ latency: { windows } }: ResultFile): number {
  const all = windows.reduce((sum, { operations }) => sum + operations, 0)
  return all === 0 ? 0 : windows.reduce((sum, { failed }) => sum + failed, 0) / all
}
