import type { Argv } from 'yargs'
import { exitCodeOf } from '#reports/gate/exit-code.ts'
import { judgeRun } from '#reports/gate/judge.ts'
import { writeReports, writeSuiteReports } from '#reports/page/write.ts'
import type { ResultFile } from '#reports/record/result.ts'
import { findRuns, suiteOf } from '../folders.ts'
import { flag } from '../options.ts'
import { summaryOf } from '../summary.ts'

/** An old record, judged by the code of today. Exit code as of a run. */
export const recheck = {
  command: 'recheck <run>',
  describe: 'Judge the record of a run (or suite) again and write its reports anew',
  builder: (yargs: Argv) =>
    yargs
      .positional('run', { type: 'string', demandOption: true, describe: 'Folder of a run, or its name' })
      .option('json', flag('Print result.json on stdout, and nothing else there')),
  handler: async ({ run, json }: { run: string; json: boolean }): Promise<void> => {
    const folders = findRuns(run)
    const results: ResultFile[] = []
    for (const folder of folders) {
      const result = await judgeRun(folder)
      await writeReports(folder)
      results.push(result)
      if (!json) console.log(summaryOf(result, folder))
    }
    const suite = suiteOf(folders)
    if (suite !== undefined) await writeSuiteReports(suite, folders)
    if (json) console.log(JSON.stringify(suite === undefined ? results[0] : results, null, 1))
    process.exitCode = exitCodeOf(results)
  },
}
