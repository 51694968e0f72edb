import yargs, { type Argv, type CommandModule } from 'yargs'
import { Failure } from '#lib/errors.ts'
import { audit } from './commands/audit.ts'
import { bench } from './commands/bench.ts'
import { compare } from './commands/compare.ts'
import { controls } from './commands/controls.ts'
import { doctor } from './commands/doctor.ts'
import { down } from './commands/down.ts'
import { gate } from './commands/gate.ts'
import { inject } from './commands/inject.ts'
import { list } from './commands/list.ts'
import { exportRun } from './commands/export.ts'
import { recheck } from './commands/recheck.ts'
import { recover } from './commands/recover.ts'
import { replay } from './commands/replay.ts'
import { report } from './commands/report.ts'
import { run } from './commands/run.ts'
import { status } from './commands/status.ts'
import { tournament } from './commands/tournament.ts'
import { up } from './commands/up.ts'
import { reportError } from './report-error.ts'

// npm run chaos -- COMMAND: one file each below commands/. What the options of each are, its handler says.
const named = [
  list,
  doctor,
  up,
  status,
  inject,
  down,
  recover,
  replay,
  recheck,
  exportRun,
  report,
  compare,
  gate,
  tournament,
  controls,
  audit,
  bench,
]
const commands = [run(named.map(({ command }) => command.split(' ')[0]!)), ...named] as unknown as CommandModule[]

function cli(args: readonly string[]): Argv {
  return yargs([...args])
    .scriptName('npm run chaos --')
    .locale('en')
    .command(commands)
    .strict()
    .version(false)
    .help()
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .epilogue(
      'Exit codes: 0 all pass · 1 the system failed · 2 wrong usage or configuration · 3 inconclusive · 4 something could not be undone',
    )
    .showHelpOnFail(false)
    .exitProcess(false)
    .fail((message, error) => {
      // yargs makes its own error of what the parsing of an option throws.
      throw error === undefined || error.name === 'YError' ? new Failure('USAGE', message ?? error.message) : error
    })
}

/** What is still in a pipe must get out; handles of a system that stays up must not keep this process. */
async function end(): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve))
  process.exit()
}

// A reader that has seen enough (`| head`) closes the pipe: no reason to stop half-way through a run.
process.stdout.on('error', () => {})
try {
  await cli(process.argv.slice(2)).parseAsync()
} catch (error) {
  process.exitCode = reportError(error, (text) => console.error(text))
}
await end()
