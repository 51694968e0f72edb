import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Argv } from 'yargs'
import { Failure } from '#lib/errors.ts'
import { recordFiles, type RunFile } from '#reports/record/format.ts'
import { findRuns } from '../folders.ts'
import { flag, text } from '../options.ts'
import { planAll, runAll } from '../run-experiments.ts'
import { session } from '../session.ts'
import { summaryOf } from '../summary.ts'
import { conclude } from './run.ts'

interface Options {
  run: string
  out?: string
  json: boolean
}

export const replay = {
  command: 'replay <run>',
  describe: 'Repeat a run (or a suite): same experiment, design, target and seed',
  builder: (yargs: Argv) =>
    yargs
      .positional('run', { type: 'string', demandOption: true, describe: 'Folder of a run, or its name' })
      .option('out', text('out', 'Folder of the record and the reports; new or empty'))
      .option('json', flag('Print result.json on stdout, and nothing else there')),
  handler: async ({ run, out, json }: Options): Promise<void> => {
    const plans = findRuns(run).flatMap((folder) => {
      const { experiment, target, design, seed } = runFileIn(folder)
      return planAll([{ source: folder, experiment }], { target, design, seed })
    })
    using here = session()
    const ran = await runAll({
      plans,
      name: 'replay',
      out,
      ...here,
      judged: (result, folder) => {
        here.terminal.clear()
        if (!json) console.log(`\n${summaryOf(result, folder)}\n`)
      },
    })
    conclude(ran, plans.length, json)
  },
}

function runFileIn(folder: string): RunFile {
  const path = join(folder, recordFiles.run)
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as RunFile
  } catch (error) {
    throw new Failure('RECORD_INVALID', `${path} cannot be read`, { cause: error })
  }
}
