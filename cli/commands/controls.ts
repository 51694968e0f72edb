import { join } from 'node:path'
import type { Argv } from 'yargs'
import { unknownName } from '#chaos/engine/nearest.ts'
import type { Plan } from '#chaos/engine/plan.ts'
import { experiments } from '#chaos/experiments/registry.ts'
import { systemClock } from '#lib/clock.ts'
import { Failure } from '#lib/errors.ts'
import type { ResultFile } from '#reports/record/result.ts'
import type { PlantedBug } from '#sut/designs/planted-bug.ts'
import { plantedBugs } from '#sut/designs/planted-bugs.ts'
import { controlRun, marksOf, shortened } from '../control-runs.ts'
import { type Controls, controlsOf, controlsText, outcomeOf, type PlantedRun } from '../control-table.ts'
import { newRunId, runsFolder, shown } from '../folders.ts'
import { number, withLoad, withRun } from '../options.ts'
import { planAll, type RunOptions } from '../run-experiments.ts'
import { session, type Session } from '../session.ts'

interface Options extends Omit<RunOptions, 'design' | 'trials'> {
  repeat: number
  pairs?: number
  only?: string[]
  out?: string
  json: boolean
}

/** Exit code 0 when every planted bug was caught by the check that is meant for it, every time, and there was no false alarm; else 1. */
export const controls = {
  command: 'controls',
  describe:
    'Is the harness itself to be trusted? Planted bugs must be caught, runs of one and the same system must not differ',
  builder: (yargs: Argv) =>
    withLoad(withRun(yargs))
      .option('repeat', number('repeat', 'How often each bug is run', { min: 1, max: 20, integer: true }, 1))
      .option(
        'pairs',
        number('pairs', 'Pairs of runs of the standard; without it ten for three repeats, and none with --only', {
          min: 0,
          max: 50,
          integer: true,
        }),
      )
      .option('only', { type: 'array', string: true, requiresArg: true, describe: 'These planted bugs alone' }),
  handler: async ({ repeat, pairs, only, out, json, ...options }: Options): Promise<void> => {
    const bugs = chosen(only)
    const pair_count = pairs ?? (only === undefined ? Math.ceil((repeat * 10) / 3) : 0)
    const standard_count = pair_count === 0 ? 0 : pair_count + 1
    const planned = bugs.map((bug) => ({ bug, plan: planOf(bug.experiment, bug.name, options, bug.caught_by) }))
    const calm = planOf('calm', 'standard', options)
    const folder = out ?? join(runsFolder, newRunId('controls', systemClock.wall_ms()))
    using here = session()
    const planted: PlantedRun[] = []
    const standard: ResultFile[] = []
    const tell = (): Controls => {
      here.terminal.clear()
      const found = controlsOf(planted, standard)
      console.log(json ? JSON.stringify(found, null, 2) : `${controlsText(found)}\nrecords: ${shown(folder)}`)
      return found
    }
    try {
      for (let round = 1; round <= repeat; round++)
        for (const { bug, plan } of planned)
          planted.push(await plantedRun(bug, plan, join(folder, `${round}-${bug.name}`), here))
      for (let index = 1; index <= standard_count; index++)
        standard.push(await standardRun(calm, join(folder, `standard-${index}`), here))
    } catch (error) {
      // What was found so far; the same --out goes on from there.
      tell()
      throw error
    }
    process.exitCode = tell().ok ? 0 : 1
  },
}

function chosen(only: readonly string[] | undefined): PlantedBug[] {
  const names = only?.flatMap((name) => name.split(',')) ?? Object.keys(plantedBugs)
  return names.map((name) => {
    const bug = Object.hasOwn(plantedBugs, name) ? plantedBugs[name] : undefined
    if (bug !== undefined) return bug
    throw new Failure('UNKNOWN_DESIGN', unknownName('planted bug', name, Object.keys(plantedBugs)))
  })
}

/** As it is, or no longer than it takes until the bug can be caught. */
function planOf(name: string, design: string, options: Omit<RunOptions, 'design'>, caught_by?: string): Plan {
  const experiment = experiments[name]
  if (experiment === undefined) throw new Failure('UNKNOWN_EXPERIMENT', `${design} is meant for ${name}, which is none`)
  const named = { source: name, experiment: caught_by === undefined ? experiment : shortened(experiment, caught_by) }
  return planAll([named], { ...options, design })[0]!
}

async function plantedRun(bug: PlantedBug, plan: Plan, place: string, here: Session): Promise<PlantedRun> {
  const began_ms = systemClock.monotonic_ms()
  const { folder, result, failure } = await controlRun(plan, place, here)
  const run: PlantedRun = {
    bug,
    marks: await marksOf(folder),
    ...(result !== undefined && { result }),
    ...(failure !== undefined && { failure }),
  }
  const took_s = Math.round((systemClock.monotonic_ms() - began_ms) / 1000)
  const { ran, reached } = run.marks
  here.terminal.line(
    `${bug.name}: ${outcomeOf(run).replaceAll('_', ' ')} · ran ${ran}, reached ${reached} · ${took_s} s`,
  )
  return run
}

/** Without a result nothing can be said of false alarms: that ends the command. */
async function standardRun(plan: Plan, folder: string, here: Session): Promise<ResultFile> {
  const { result, failure } = await controlRun(plan, folder, here)
  if (result === undefined) throw new Failure('RUN_INCOMPLETE', `a run of the standard has no result: ${failure}`)
  return result
}
