import type { Argv } from 'yargs'
import { suites } from '#chaos/experiments/suites.ts'
import { tableText } from '#reports/gate/compare.ts'
import type { ResultFile } from '#reports/record/result.ts'
import { designs as allDesigns } from '#sut/designs/registry.ts'
import { catalogue } from '../catalogue.ts'
import { text, withLoad, withRun } from '../options.ts'
import { readExperiments } from '../read-experiment.ts'
import { planAll, runAll, type RunOptions } from '../run-experiments.ts'
import { session } from '../session.ts'
import { conclude } from './run.ts'

interface Options extends Omit<RunOptions, 'design'> {
  designs?: string
  experiments?: string
  out?: string
  json: boolean
}

const sound = Object.values(allDesigns).flatMap(({ name, planted_bug }) => (planted_bug ? [] : [name]))

/** Exit code as of a run over all of them: a design that fails an experiment fails it here. */
export const tournament = {
  command: 'tournament',
  describe: 'Run experiments under several designs and put them side by side',
  builder: (yargs: Argv) =>
    withLoad(withRun(yargs))
      .option('designs', text('designs', `Comma-separated; without it ${sound.join(',')}`))
      .option('experiments', text('experiments', 'Comma-separated experiments or suites; without it quick')),
  handler: async ({ designs, experiments, out, json, ...options }: Options): Promise<void> => {
    const named = await readExperiments(listOf(experiments) ?? [...suites['quick']!.experiments], catalogue, [])
    const plans = (listOf(designs) ?? sound).flatMap((design) => planAll(named, { ...options, design }))
    using here = session()
    const ran = await runAll({ plans, name: 'tournament', out, ...here })
    here.terminal.clear()
    if (!json) console.log(tableText(tableOf(ran.results)))
    conclude(ran, plans.length, json)
  },
}

const listOf = (joined: string | undefined): string[] | undefined =>
  joined
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

/** A row per run: what the designs were chosen for. */
export function tableOf(results: readonly ResultFile[]) {
  const header = ['experiment', 'design', 'verdict', 'MTTR s', 'p99 ms', 'failed', 'violations', 'replica-seconds']
  const rows = results.map(({ run, verdict, recovery, latency, consistency, cost }) => {
    const { median_s } = recovery.summary
    return [
      run.experiment,
      run.design,
      verdict.system,
      median_s === null ? '–' : median_s.toFixed(1),
      latency.overall.p99_ms.toFixed(0),
      String(latency.windows.reduce((sum, { failed }) => sum + failed, 0)),
      String(consistency.checks.reduce((sum, { violations }) => sum + violations, 0)),
      cost.replica_seconds.toFixed(0),
    ]
  })
  return { header, rows }
}
