import type { Argv } from 'yargs'
import { Failure } from '#lib/errors.ts'
import { gateAgainst, type Difference } from '#reports/gate/baseline.ts'
import { tableText } from '#reports/gate/compare.ts'
import { exitCodeOf } from '#reports/gate/exit-code.ts'
import { readResult } from '#reports/page/write.ts'
import type { ResultFile } from '#reports/record/result.ts'
import { findRuns } from '../folders.ts'
import { flag } from '../options.ts'

interface Options {
  run: string
  baseline: string
  json: boolean
}

interface Compared {
  experiment: string
  ok: boolean
  differences: Difference[]
}

/** Exit code of the run itself, or 1 when it passes and is worse than its baseline. */
export const gate = {
  command: 'gate <run>',
  describe: 'For a release: fails when a run (or suite) fails, or is worse than its baseline by more than noise',
  builder: (yargs: Argv) =>
    yargs
      .positional('run', { type: 'string', demandOption: true, describe: 'Folder of a run or suite, or its name' })
      .option('baseline', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'An earlier run of the same',
      })
      .option('json', flag('Print the differences as JSON')),
  handler: async ({ run, baseline, json }: Options): Promise<void> => {
    const [results, earlier] = await Promise.all(
      [run, baseline].map((name) => Promise.all(findRuns(name).map(readResult))),
    )
    const compared = results!.map((result) => against(result, earlier!, baseline))
    console.log(json ? JSON.stringify(compared, null, 2) : compared.map(comparedText).join('\n\n'))
    const worse = compared.some(({ ok }) => !ok)
    process.exitCode = exitCodeOf(results!) || (worse ? 1 : 0)
  },
}

function against(result: ResultFile, earlier: readonly ResultFile[], baseline: string): Compared {
  const { experiment } = result.run
  const matching = earlier.find(({ run }) => run.experiment === experiment)
  if (matching === undefined)
    throw new Failure('RUN_NOT_FOUND', `${baseline} holds no run of ${experiment}`, {
      hint: 'a baseline is an earlier run of the same experiments',
    })
  return { experiment, ...gateAgainst(result, matching) }
}

function comparedText({ experiment, ok, differences }: Compared): string {
  const rows = differences.map(({ name, baseline, run, change }) => [name, baseline, run, change])
  const title = `${experiment}: ${ok ? 'no worse than its baseline' : 'WORSE than its baseline'}`
  return [title, tableText({ header: ['', 'baseline', 'run', ''], rows })].join('\n')
}
