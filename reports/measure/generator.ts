import { isServed } from '../record/operations.ts'
import { phaseOf, type RunRecord } from '../record/record.ts'
import type { RecoveryTrial, ResultFile } from '../record/result.ts'
import { percentile, rounded } from './statistics.ts'
import { trialsOf } from './trials.ts'
import type { Window } from './windows.ts'

const dropped_share_max = 0.01
const late_p99_ms_max = 100
const undelivered_share_max = 0.02

/**
 * Whether the load was offered as planned. Arrivals that were dropped because all clients hung on a system that is slow or
 * down are the system's failures, not the generator's: those are near operations that missed the SLO, or in a trial that
 * has not recovered yet. What is dropped, or late, apart from that, the generator did.
 *
 * INCONCLUSIVE: more than 1 % dropped for no such reason, p99 of (start − planned) above 100 ms outside of faults, or 2 % less
 * than the schedule asked for.
 */
export function auditGenerator(
  record: RunRecord,
  windows: readonly Window[],
  trials: readonly RecoveryTrial[],
): ResultFile['generator'] {
  const planned = record.operations.length
  const inTrial = windowsInTrials(record, windows, trials)
  const hung = windowsHung(record, windows, inTrial)
  let dropped = 0
  let ownDropped = 0
  const late: number[] = []
  for (const [index, window] of windows.entries())
    for (const { start_ms, planned_ms, dropped: isDropped } of window.operations) {
      if (isDropped) dropped++
      if (isDropped && hung[index] !== true) ownDropped++
      if (start_ms !== null && inTrial[index] !== true) late.push(start_ms - planned_ms)
    }
  const late_p99_ms = rounded(percentile(Float64Array.from(late).toSorted(), 0.99) ?? 0)
  const problems = [
    ...(planned === 0 ? ['no operation was offered'] : []),
    ...(ownDropped > dropped_share_max * planned
      ? [`${ownDropped} of ${planned} arrivals were dropped while the system was within its service level`]
      : []),
    ...(late_p99_ms > late_p99_ms_max
      ? [`operations started ${Math.round(late_p99_ms)} ms late (p99) while no fault was active`]
      : []),
    ...undelivered(record),
  ]
  const note =
    problems.length > 0
      ? problems.join('; ')
      : dropped === 0
        ? 'everything that was planned was started'
        : `${dropped} arrivals were dropped while clients hung on a system that missed its service level: they count as failed`
  const state = problems.length > 0 ? 'INCONCLUSIVE' : 'PASS'
  return { planned, started: planned - dropped, dropped, late_p99_ms, state, note }
}

/** For each window whether a fault was at work in it: from when it was put in to a second after recovery. */
function windowsInTrials(
  record: RunRecord,
  windows: readonly Window[],
  recoveries: readonly RecoveryTrial[],
): boolean[] {
  const spans = trialsOf(record).map(({ trial, begin_ms, effective_ms, end_ms }) => {
    const recovered_s = recoveries.find((item) => item.trial === trial)?.recovered_s ?? null
    return { from_ms: begin_ms, to_ms: recovered_s === null ? end_ms : effective_ms + (recovered_s + 1) * 1000 }
  })
  return windows.map(({ start_ms, end_ms }) =>
    spans.some(({ from_ms, to_ms }) => end_ms > from_ms && start_ms <= to_ms),
  )
}

/** For each window whether the system kept clients waiting in it or next to it, whenever they started. */
function windowsHung({ system }: RunRecord, windows: readonly Window[], inTrial: readonly boolean[]): boolean[] {
  const own = windows.map(
    ({ operations }, index) =>
      inTrial[index] === true ||
      operations.some(
        (operation) =>
          !operation.dropped &&
          (!isServed(operation) || (operation.end_ms ?? 0) - (operation.start_ms ?? 0) > system.slo.p99_ms),
      ),
  )
  // Where nothing at all was started, the state of the window before goes on: all clients still hang.
  for (const [index, { operations }] of windows.entries())
    if (operations.length > 0 && operations.every(({ dropped }) => dropped)) own[index] ||= own[index - 1] ?? false
  return own.map((hung, index) => hung || own[index - 1] === true || own[index + 1] === true)
}

function undelivered({ run, journal, arrivals }: RunRecord): string[] {
  const asked = run.schedule.reduce(
    (sum, stage) => sum + (stage.duration_s * (stage.from_per_s + stage.to_per_s)) / 2,
    0,
  )
  const scheduled_s = run.schedule.reduce((sum, stage) => sum + stage.duration_s, 0)
  const { begin_ms, end_ms } = phaseOf(journal, 'load')
  // A load that was stopped early, as soon as the last trial was over, owes only what was due until then.
  if (begin_ms === undefined || end_ms === undefined || (end_ms - begin_ms) / 1000 < scheduled_s) return []
  if (asked === 0 || arrivals >= asked * (1 - undelivered_share_max)) return []
  return [`only ${arrivals} of ${Math.round(asked)} scheduled arrivals are in the record`]
}
