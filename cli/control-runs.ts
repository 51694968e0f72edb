import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Experiment } from '#chaos/experiments/experiment.ts'
import type { Plan } from '#chaos/engine/plan.ts'
import { Failure, textOf } from '#lib/errors.ts'
import { readLines } from '#lib/json-lines.ts'
import { limitOf } from '#reports/gate/expectations.ts'
import { judgeRun } from '#reports/gate/judge.ts'
import { recordFiles } from '#reports/record/format.ts'
import type { ResultFile } from '#reports/record/result.ts'
import type { StateLine } from '#sut/contracts/state.ts'
import type { Marks } from './control-table.ts'
import { runAll } from './run-experiments.ts'
import type { Session } from './session.ts'

const watched_s = 10
const trials_max = 2
const tries_max = 20

/**
 * The experiment of a planted bug, no longer than the bug needs: a run of a system with a bug has nothing to say of how fast it recovers,
 * and must not end early because it serves badly. Of what the experiment expects stays what must catch the bug, if that is no check.
 */
export const shortened = (experiment: Experiment, caught_by: string): Experiment => ({
  ...experiment,
  load: {
    ...experiment.load,
    ...(experiment.load.duration_s !== undefined && { duration_s: Math.min(experiment.load.duration_s, watched_s) }),
  },
  steady_state: { success_rate_min: 0.3, p99_ms_max: 5_000, for_s: 3, limit_s: 20 },
  trials: Math.min(experiment.trials, trials_max),
  recovery: { good_s: Math.min(experiment.recovery.good_s, 2), limit_s: Math.min(experiment.recovery.limit_s, 15) },
  stop: { failed_share_max: 0.99, for_s: 600 },
  expectations: {
    consistent: true,
    ...limitNamed(caught_by, experiment),
    waives: {
      recovers: 'what is asked is whether the bug is found, not how fast a system with it recovers',
      whole: 'what is asked is whether the bug is found, not what a system with it lacks',
    },
  },
})

function limitNamed(name: string, { expectations }: Experiment): Partial<Experiment['expectations']> {
  if (!Object.hasOwn(limitOf, name)) return {}
  const field = limitOf[name as keyof typeof limitOf]
  return { [field]: expectations[field] }
}

/** The sum over all instances and databases that told of it. */
export async function marksOf(folder: string): Promise<Marks> {
  const marks = { ran: 0, reached: 0 }
  const path = join(folder, recordFiles.ledger)
  if (!existsSync(path)) return marks
  for await (const line of readLines<StateLine>(path)) {
    if (line.kind !== 'planted') continue
    marks.ran += line.ran
    marks.reached += line.reached
  }
  return marks
}

export interface ControlRun {
  folder: string
  result?: ResultFile
  failure?: string
}

/** The first of folder, folder-2, folder-3 … that is not there, or holds a result: a record is never written over. */
function placeOf(folder: string): string {
  for (let number = 1; number < tries_max; number++) {
    const place = number === 1 ? folder : `${folder}-${number}`
    if (!existsSync(place) || existsSync(join(place, recordFiles.result))) return place
  }
  throw new Failure('OUTPUT_NOT_WRITABLE', `${folder} was begun ${tries_max} times`)
}

/** Runs one plan in a folder of its own; a run that is there already is judged again instead. Throws when it was told to stop. */
export async function controlRun(plan: Plan, wanted: string, { terminal, signal }: Session): Promise<ControlRun> {
  const folder = placeOf(wanted)
  if (existsSync(join(folder, recordFiles.result)))
    try {
      return { folder, result: await judgeRun(folder) }
    } catch (error) {
      return { folder, failure: textOf(error) }
    }
  try {
    const ran = await runAll({ plans: [plan], name: 'controls', out: folder, terminal, signal })
    if (ran.not_undone.length > 0) throw new Failure('NOT_UNDONE', ran.not_undone.join('; '))
    const [result] = ran.results
    if (signal.aborted) throw ran.failure ?? signal.reason
    return result === undefined ? { folder, failure: textOf(ran.failure) } : { folder, result }
  } catch (error) {
    if (signal.aborted || (error instanceof Failure && error.code === 'NOT_UNDONE')) throw error
    return { folder, failure: textOf(error) }
  }
}
