import { injectionsOf, phaseOf, type Injection, type RunRecord } from '../record/record.ts'

/** One trial whose first fault was effective, on the wall clock. */
export interface Trial {
  trial: number
  injections: Injection[]
  /** From here on operations may be hurt: the fault was being put in, though not yet seen to bite. */
  begin_ms: number
  /** t0 of the recovery clock. */
  effective_ms: number
  reverted_ms: number | null
  end_ms: number
  /** The engine stopped watching because of its limit. */
  at_limit: boolean
}

/** All trials with an effective fault, in order. */
export function trialsOf(record: RunRecord): Trial[] {
  const byTrial = Map.groupBy(injectionsOf(record.journal), (injection) => injection.trial)
  const trials: Trial[] = []
  for (const [trial, injections] of [...byTrial].toSorted(([one], [other]) => one - other)) {
    const effective_ms = Math.min(...injections.map(({ at_ms }) => at_ms.effective ?? Infinity))
    if (!Number.isFinite(effective_ms)) continue
    const begin_ms = Math.min(effective_ms, ...injections.map(({ at_ms }) => at_ms.planned ?? Infinity))
    const reverted = injections.map(({ at_ms }) => at_ms.reverted ?? Infinity)
    const reverted_ms = Math.max(...reverted)
    trials.push({
      trial,
      injections,
      begin_ms,
      effective_ms,
      reverted_ms: Number.isFinite(reverted_ms) ? reverted_ms : null,
      ...endOf(record, trial, effective_ms),
    })
  }
  return trials
}

function endOf(record: RunRecord, trial: number, effective_ms: number): Pick<Trial, 'end_ms' | 'at_limit'> {
  let next_ms = Infinity
  for (const line of record.journal) {
    if (line.kind !== 'trial') continue
    if (line.trial === trial && line.state !== 'begin') return { end_ms: line.at_ms, at_limit: line.state === 'limit' }
    if (line.trial > trial && line.state === 'begin') next_ms = Math.min(next_ms, line.at_ms)
  }
  // The run ended in the middle of the trial: it was watched as long as operations came.
  const last_ms = record.operations.at(-1)?.planned_ms ?? effective_ms
  const load_ms = phaseOf(record.journal, 'load').end_ms ?? Infinity
  return { end_ms: Math.max(effective_ms, Math.min(next_ms, load_ms, last_ms)), at_limit: false }
}

/** `process-kill on wallet-a-1 (trial 2)`: the fault that was active then, or null. */
export function activeFault(trials: readonly Trial[], from_ms: number, to_ms: number = from_ms): string | null {
  const trial = trials.find((item) => from_ms <= item.end_ms && to_ms >= item.begin_ms)
  return trial === undefined ? null : `${faultText(trial)} (trial ${trial.trial})`
}

export const faultText = ({ injections }: Trial): string =>
  injections.map(({ fault, targets }) => `${fault} on ${targets.join(', ')}`).join(' + ')
