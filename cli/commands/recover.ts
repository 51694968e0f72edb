import type { Argv } from 'yargs'
import { recover as recoverAll } from '#chaos/engine/recover.ts'
import { systemClock } from '#lib/clock.ts'
import { Failure } from '#lib/errors.ts'
import { catalogue } from '../catalogue.ts'
import { allRuns, runsFolder } from '../folders.ts'
import { flag, text } from '../options.ts'
import { standWhereSystemsAre } from '../stand.ts'

interface Options {
  runs?: string
  json: boolean
}

/** Exit code 0 when nothing is left, 4 when something could not be undone. */
export const recover = {
  command: 'recover',
  describe: 'Undo whatever a crash of the harness has left behind',
  builder: (yargs: Argv) =>
    yargs
      .option('runs', text('runs', 'Folder with runs, when it is not reports/runs'))
      .option('json', flag('Print what was found and done as JSON')),
  handler: async ({ runs = runsFolder, json }: Options): Promise<void> => {
    await standWhereSystemsAre()
    const report = await recoverAll(allRuns(runs), catalogue.targets, systemClock)
    if (json) console.log(JSON.stringify(report, null, 2))
    else if (report.found.length === 0) console.log('nothing was left behind')
    else {
      for (const each of report.found) console.log(`found   ${each}`)
      for (const each of report.undone) console.log(`undone  ${each}`)
      if (report.failed.length === 0) console.log('nothing is left behind')
    }
    if (report.failed.length > 0) throw new Failure('NOT_UNDONE', report.failed.join('\n'))
  },
}
