import type { Argv } from 'yargs'
import { suites } from '#chaos/experiments/suites.ts'
import { own } from '#chaos/engine/plan.ts'
import { Failure } from '#lib/errors.ts'
import { exitCodeOf } from '#reports/gate/exit-code.ts'
import { catalogue } from '../catalogue.ts'
import { flag, withDesign, withLoad, withRun } from '../options.ts'
import { readExperiments } from '../read-experiment.ts'
import { planAll, reportOf, runAll, type Ran, type RunOptions } from '../run-experiments.ts'
import { session } from '../session.ts'
import { planText, summaryOf } from '../summary.ts'

interface Options extends RunOptions {
  names?: string[]
  out?: string
  json: boolean
  dryRun: boolean
}

/** `others`: names of the other commands, to guess what a misspelt word was meant to be. */
export const run = (others: readonly string[]) => ({
  command: '$0 [names..]',
  describe: 'Run experiments or suites (without a name: the suite quick), judge and report them',
  builder: (yargs: Argv) =>
    withDesign(withLoad(withRun(yargs)))
      .positional('names', { type: 'string', array: true, describe: 'Experiments, suites, or paths of .json files' })
      .option('dry-run', flag('Validate everything, print the plan, start nothing')),
  handler: async ({ names = [], out, json, dryRun, ...options }: Options): Promise<void> => {
    const wanted = names.length === 0 ? ['quick'] : names.map(String)
    const plans = planAll(await readExperiments(wanted, catalogue, others), options)
    if (dryRun) {
      console.log(json ? JSON.stringify(plans.map(planJson), null, 2) : plans.map(planText).join('\n\n'))
      return
    }
    using here = session()
    const [first] = wanted
    const name =
      wanted.length === 1 && own(suites, first!) ? first! : plans.map(({ experiment }) => experiment.name)[0]!
    const ran = await runAll({
      plans,
      out,
      ...here,
      name: plans.length > 1 && !own(suites, name) ? 'several' : name,
      judged: (result, folder) => {
        here.terminal.clear()
        if (!json) console.log(`\n${summaryOf(result, folder)}\n`)
      },
    })
    conclude(ran, plans.length, json)
  },
})

/** Prints the results, sets the exit code, and throws what no result says. */
export function conclude(ran: Ran, planned: number, json: boolean): void {
  const [only] = ran.results
  if (json && only !== undefined) console.log(JSON.stringify(planned === 1 ? only : ran.results, null, 1))
  if (!json && ran.results.length > 1) console.log(`all of them: ${reportOf(ran)}`)
  process.exitCode = ran.not_undone.length > 0 ? 4 : exitCodeOf(ran.results)
  // Why a run is inconclusive its result has said.
  const told =
    (ran.results.length === planned || ran.interrupted === true) &&
    ran.failure instanceof Failure &&
    ran.failure.exit === 3
  if (ran.failure !== undefined && !told) throw ran.failure
}

const planJson = ({ target, ...plan }: ReturnType<typeof planAll>[number]) => ({ ...plan, target: target.name })
