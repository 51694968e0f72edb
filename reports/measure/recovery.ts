import { isServed, type ClientOperation } from '../record/operations.ts'
import { originOf, type RunRecord } from '../record/record.ts'
import type { RecoveryTrial, ResultFile } from '../record/result.ts'
import { eventsOf, noticed_s, phasesOf } from './phases.ts'
import { medianInterval, rounded } from './statistics.ts'
import { trialsOf, type Trial } from './trials.ts'
import { isMiss, windowLength_ms, windowsOf, type Window } from './windows.ts'

// A good stretch at the end of a trial shows a recovery only when something was asked in it.
const stretch_operations_min = 10

/**
 * Time to recover, per trial, on the clock that starts when the fault was seen to bite:
 *
 *   t0 = effective ──► first miss of the first bad window = impact start ──► … ──► last bad window ─┬─► good until the end
 *                                                                 recovered = right after its last miss
 *
 * Windows (see windowsOf) decide whether the SLO was missed; within the first and the last bad one, the planned starts
 * of the operations say when. No bad window: recovered 0. No good stretch at the end: censored.
 */
export function measureRecovery(record: RunRecord): ResultFile['recovery'] {
  const window_ms = windowLength_ms(record.operations)
  const trials = trialsOf(record).map((trial) => measureTrial(record, trial, window_ms))
  return {
    slo: record.system.slo,
    window_ms,
    trials,
    summary: medianInterval(trials.map((trial) => trial.recovered_s)),
  }
}

function measureTrial(record: RunRecord, trial: Trial, window_ms: number): RecoveryTrial {
  const { slo } = record.system
  const operations = touchedBy(trial, record.operations)
  const windows = windowsOf(operations, { from_ms: trial.effective_ms, to_ms: trial.end_ms, window_ms, slo })
  const times = timesOf(trial, windows, slo)
  const events = eventsOf(trial, record.observations)
  const failed = operations.filter((operation) => !isServed(operation)).length
  const budget = (1 - slo.success_rate) * record.operations.length
  const origin_ms = originOf(record)
  const after = (at_ms: number): number => rounded((at_ms - origin_ms) / 1000)
  const watched_s = rounded((trial.end_ms - trial.effective_ms) / 1000)
  const seen = [noticed_s(trial, events), times.impact_start_s].filter((value) => value !== null)
  const phases = phasesOf(trial, events)
  if (times.impact_start_s !== null)
    phases.push({
      name: 'slo',
      subject: 'clients',
      start_s: times.impact_start_s,
      end_s: times.recovered_s ?? watched_s,
    })
  return {
    trial: trial.trial,
    fault: trial.injections.map((injection) => injection.fault).join(' + '),
    targets: trial.injections.flatMap((injection) => injection.targets),
    effective_at_s: after(trial.effective_ms),
    reverted_at_s: trial.reverted_ms === null ? null : after(trial.reverted_ms),
    ended_at_s: after(trial.end_ms),
    ...times,
    detected_s: seen.length === 0 ? null : Math.min(...seen),
    censored: times.recovered_s === null,
    watched_s,
    phases,
    unavailable_s: rounded(badSeconds(windows)),
    failed_operations: failed,
    error_budget_burnt: budget > 0 ? rounded(failed / budget) : failed,
  }
}

/** Planned in the trial, or planned before it and still under way when the fault was put in. */
function touchedBy(trial: Trial, operations: readonly ClientOperation[]): ClientOperation[] {
  return operations.filter(
    ({ planned_ms, end_ms }) => planned_ms < trial.end_ms && Math.max(planned_ms, end_ms ?? 0) >= trial.begin_ms,
  )
}

function timesOf(
  trial: Trial,
  windows: readonly Window[],
  slo: RunRecord['system']['slo'],
): Pick<RecoveryTrial, 'impact_start_s' | 'recovered_s'> {
  const asked = windows.reduce((sum, window) => sum + window.operations.length, 0)
  const firstBad = windows.find((window) => !window.good)
  if (firstBad === undefined) return { impact_start_s: null, recovered_s: asked < stretch_operations_min ? null : 0 }
  const after_s = (at_ms: number): number => rounded(Math.max(0, at_ms - trial.effective_ms) / 1000)
  const firstMiss = firstBad.operations.find((operation) => isMiss(operation, slo))
  const impact_start_s = after_s(firstMiss?.planned_ms ?? firstBad.start_ms)

  const last = windows.findLastIndex((window) => !window.good)
  const stretch = windows.slice(last + 1).reduce((sum, window) => sum + window.operations.length, 0)
  if (stretch < stretch_operations_min) return { impact_start_s, recovered_s: null }
  const { operations, end_ms } = windows[last]!
  const lastMiss = operations.findLastIndex((operation) => isMiss(operation, slo))
  return { impact_start_s, recovered_s: after_s(operations[lastMiss + 1]?.planned_ms ?? end_ms) }
}

/** Length of all windows that missed the SLO, in seconds. */
export const badSeconds = (windows: readonly Window[]): number =>
  windows.reduce((sum, window) => sum + (window.good ? 0 : window.end_ms - window.start_ms), 0) / 1000
