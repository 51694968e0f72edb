import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnDetached } from '#lib/process.ts'
import { explained } from '#reports/record/writer.ts'
import { clientPolicy, settingsVariable, type LoadSettings } from './k6/settings.ts'
import { dealt } from './mix.ts'
import type { Stage } from './profiles/profile.ts'
import type { LoadEnd, LoadRequest } from './run-load.ts'

// One k6 process: its files, how it is started, and what it says when it ends.

export const loadFiles = (folder: string) => ({
  output: join(folder, 'k6-output.jsonl'),
  log: join(folder, 'k6.log'),
  summary: join(folder, 'k6-summary.json'),
})

/** Who bears little load bears few newcomers at once: each of them costs two hashes. */
function atOnce(stages: readonly Stage[]): number {
  const most_per_s = Math.max(...stages.map(({ from_per_s, to_per_s }) => Math.max(from_per_s, to_per_s)))
  return Math.min(clientPolicy.onboarding_concurrency, Math.max(2, Math.round(most_per_s)))
}

export function launch(request: LoadRequest, port: number): ChildProcess {
  const { output, log, summary } = loadFiles(request.folder)
  const { run_id, mix, seed, players, stages, gateways, operator, trace_key } = request
  const client = { ...clientPolicy, onboarding_concurrency: atOnce(stages), ...request.client }
  const journeys = dealt(mix, players)
  const about = { run_id, journeys, seed, players, stages, gateways, client, summary_file: summary }
  const settings: LoadSettings = {
    ...about,
    ...(operator !== undefined && { operator }),
    ...(trace_key !== undefined && { trace_key }),
  }
  const parameters = ['run', '--quiet', '--no-color', '--no-usage-report', '--no-thresholds']
  parameters.push('--address', `127.0.0.1:${port}`, '--console-output', output, '--log-format', 'raw')
  parameters.push(join(import.meta.dirname, 'k6', 'main.ts'))
  const file = explained(log, () => openSync(log, 'w'))
  try {
    const child = spawnDetached(request.k6, parameters, {
      cwd: request.folder,
      stdio: ['ignore', file, file],
      environment: {
        HOME: request.folder, // no configuration of this user's own k6
        PATH: process.env['PATH'],
        SSL_CERT_FILE: request.authority_file,
        // HTTP/1.1: after a time-out Go drops the connection and dials anew, while with HTTP/2 all further requests would
        // queue on the dead one.
        GODEBUG: 'http2client=0',
        GOGC: '400', // a tenth less CPU for each operation, for some 70 MB
        [settingsVariable]: JSON.stringify(settings),
      },
    })
    return child
  } finally {
    closeSync(file)
  }
}

/** The exit code, -1 after a signal; an error text when there was no process at all. */
export const exitOf = (child: ChildProcess): Promise<number | string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code) => resolve(code ?? -1))
  })

export function countsIn(path: string): LoadEnd['counts'] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LoadEnd['counts']
  } catch {
    return null
  }
}

/** How k6 ended, with the last thing that it said about itself. */
export function lastWords(folder: string, exit: number | string): string {
  if (exit === 'silent') return 'it did not answer in time'
  if (typeof exit === 'string') return exit
  const { log } = loadFiles(folder)
  const lines = readFileSync(log, 'utf8').split('\n')
  const telling = lines.findLast((line) => line.trim() !== '' && !/^(Request Failed|\s+at )/.test(line))
  const ended = exit === -1 ? 'k6 was killed' : `k6 ended with ${exit}`
  return telling === undefined ? ended : `${ended}: ${telling.replace('Uncaught (in promise) Error: ', '').trim()}`
}
