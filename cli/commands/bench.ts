import { join } from 'node:path'
import type { Argv } from 'yargs'
import type { Experiment } from '#chaos/experiments/experiment.ts'
import { readLines } from '#lib/json-lines.ts'
import { recordFiles, type JournalLine } from '#reports/record/format.ts'
import type { ResultFile } from '#reports/record/result.ts'
import { number, withDesign, withRun } from '../options.ts'
import { planAll, runAll, type RunOptions } from '../run-experiments.ts'
import { session } from '../session.ts'

interface Options extends Omit<RunOptions, 'trials'> {
  rate: number
  duration: number
  out?: string
  json: boolean
}

const experimentOf = (rate_per_s: number, duration_s: number): Experiment => ({
  name: 'bench',
  title: `Steady state at ${rate_per_s} arrivals/s for ${duration_s} s`,
  description: 'No fault: what the system does on this machine when it is left alone.',
  load: {
    journey: 'player',
    profile: 'steady',
    rate_per_s,
    players: Math.min(2000, Math.ceil(rate_per_s)),
    duration_s,
  },
  steady_state: { success_rate_min: 0.5, p99_ms_max: 60_000, for_s: 2, limit_s: 20 },
  trials: 1,
  faults: [],
  recovery: { good_s: 3, limit_s: 30 },
  stop: { failed_share_max: 1, for_s: 60 },
  expectations: { consistent: true },
})

/** What it measures is printed; nothing is expected of it but that it could be measured and no money was lost. */
export const bench = {
  command: 'bench',
  describe: 'Measure the steady state: start time, spins per second, latency, CPU per spin',
  builder: (yargs: Argv) =>
    withDesign(withRun(yargs))
      .option('rate', number('rate', 'Arrivals per second; about 78 % are spins', { min: 1, max: 2000 }, 150))
      .option('duration', number('duration', 'Seconds that are measured', { min: 5, max: 600 }, 20)),
  handler: async ({ rate, duration, out, json, ...options }: Options): Promise<void> => {
    const plans = planAll([{ source: 'bench', experiment: experimentOf(rate, duration) }], options)
    using here = session()
    const { results, folder, failure } = await runAll({ plans, name: 'bench', out, ...here })
    here.terminal.clear()
    const [result] = results
    if (failure !== undefined || result === undefined) throw failure
    const measured = figuresOf(result, await startTime_s(folder))
    console.log(json ? JSON.stringify(measured, null, 2) : figuresText(measured))
    process.exitCode = result.generator.state === 'PASS' && result.verdict.system === 'PASS' ? 0 : 3
  },
}

export interface Figures {
  start_s: number
  spins_per_s: number
  spin_latency_p50_ms: number
  spin_latency_p99_ms: number
  failed_operations: number
  cpu_ms_per_spin: Record<string, number>
  sentence: string
}

/** Rates are over the whole load, its warm-up included: they are a little too low rather than too high. */
export function figuresOf({ latency, cost, verdict }: ResultFile, start_s: number): Figures {
  const spins = latency.by_kind['spin'] ?? latency.overall
  const from_s = latency.windows[0]?.t_s ?? 0
  const length_s = Math.max(1, (latency.windows.at(-1)?.t_s ?? 0) - from_s)
  const services = Object.entries(cost.cpu_seconds_by_service)
  return {
    start_s,
    spins_per_s: spins.count / length_s,
    spin_latency_p50_ms: spins.p50_ms,
    spin_latency_p99_ms: spins.p99_ms,
    failed_operations: latency.windows.reduce((sum, { failed }) => sum + failed, 0),
    cpu_ms_per_spin: Object.fromEntries(
      services.map(([name, cpu_s]) => [name, (cpu_s * 1000) / Math.max(1, spins.count)]),
    ),
    sentence: verdict.sentence,
  }
}

export function figuresText(figures: Figures): string {
  const rows: [string, string][] = [
    ['start', `${figures.start_s.toFixed(1)} s until the whole system was ready`],
    ['spins', `${figures.spins_per_s.toFixed(1)} per second`],
    [
      'latency',
      `p50 ${figures.spin_latency_p50_ms.toFixed(0)} ms, p99 ${figures.spin_latency_p99_ms.toFixed(0)} ms of a spin`,
    ],
    ['failed', `${figures.failed_operations} operations`],
    ...Object.entries(figures.cpu_ms_per_spin).map(([service, cpu_ms]): [string, string] => [
      `cpu ${service}`,
      `${cpu_ms.toFixed(2)} ms per spin`,
    ]),
  ]
  return [...rows.map(([title, text]) => `${title.padEnd(14)} ${text}`), figures.sentence].join('\n')
}

async function startTime_s(folder: string): Promise<number> {
  const times: Partial<Record<'begin' | 'end', number>> = {}
  for await (const line of readLines<JournalLine>(join(folder, recordFiles.journal)))
    if (line.kind === 'phase' && line.phase === 'up') times[line.state] = line.monotonic_ms
  return ((times.end ?? 0) - (times.begin ?? 0)) / 1000
}
