import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Argv } from 'yargs'
import { Failure } from '#lib/errors.ts'
import { evidenceOf } from '#reports/checks/evidence.ts'
import { ledgerHistory } from '#reports/checks/ledger-lists.ts'
import { elleLines } from '#reports/export/elle.ts'
import { readRecord } from '#reports/record/read.ts'
import { findRuns } from '../folders.ts'

interface Options {
  run: string
  format: 'elle'
  out?: string
}

/** For checkers of others: what a run recorded, in their format. */
export const exportRun = {
  command: 'export <run>',
  describe: 'Write the history of a run as checkers of others read it: transfers and reads of balances as list-append',
  builder: (yargs: Argv) =>
    yargs
      .positional('run', { type: 'string', demandOption: true, describe: 'Folder of a run, or its name' })
      .option('format', {
        choices: ['elle'] as const,
        default: 'elle' as const,
        describe: 'elle: list-append, JSON lines',
      })
      .option('out', { type: 'string', describe: 'File to write; without it: stdout' }),
  handler: async ({ run, out }: Options): Promise<void> => {
    const [folder, ...others] = findRuns(run)
    if (folder === undefined || others.length > 0)
      throw new Failure('USAGE', `${run} is a suite of ${others.length + 1} runs: name one of them`)
    const record = await readRecord(folder)
    const lines = elleLines(ledgerHistory(record, evidenceOf(record)))
    const sink = out === undefined ? process.stdout : createWriteStream(out)
    for (const line of lines) if (!sink.write(`${line}\n`)) await once(sink, 'drain')
    if (sink === process.stdout) return
    sink.end()
    await finished(sink)
  },
}
