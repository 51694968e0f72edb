import type { Argv } from 'yargs'
import { compareRuns, tableMarkdown, tableText } from '#reports/gate/compare.ts'
import { readResult } from '#reports/page/write.ts'
import { findRuns } from '../folders.ts'
import { flag } from '../options.ts'

interface Options {
  runs: string[]
  markdown: boolean
  json: boolean
}

export const compare = {
  command: 'compare <runs..>',
  describe: 'Put judged runs side by side',
  builder: (yargs: Argv) =>
    yargs
      .positional('runs', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Folders of runs, or their names',
      })
      .option('markdown', flag('Print a Markdown table'))
      .option('json', flag('Print the table as JSON')),
  handler: async ({ runs, markdown, json }: Options): Promise<void> => {
    const table = compareRuns(await Promise.all(runs.map(String).flatMap(findRuns).map(readResult)))
    console.log(json ? JSON.stringify(table, null, 2) : markdown ? tableMarkdown(table) : tableText(table))
  },
}
