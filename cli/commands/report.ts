import { join } from 'node:path'
import type { Argv } from 'yargs'
import { writeReports, writeSuiteReports } from '#reports/page/write.ts'
import { recordFiles } from '#reports/record/format.ts'
import { findRuns, shown, suiteOf } from '../folders.ts'

export const report = {
  command: 'report <run>',
  describe: 'Draw the reports of a judged run (or suite) again, and say where they are',
  builder: (yargs: Argv) =>
    yargs.positional('run', { type: 'string', demandOption: true, describe: 'Folder of a run, or its name' }),
  handler: async ({ run }: { run: string }): Promise<void> => {
    const folders = findRuns(run)
    for (const folder of folders) await writeReports(folder)
    const suite = suiteOf(folders)
    if (suite !== undefined) await writeSuiteReports(suite, folders)
    for (const folder of suite === undefined ? folders : [...folders, suite])
      for (const file of [recordFiles.page, recordFiles.markdown, recordFiles.junit])
        console.log(shown(join(folder, file)))
  },
}
