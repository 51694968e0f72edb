import type { Argv } from 'yargs'
import type { Experiment } from '#chaos/experiments/experiment.ts'
import { cpuMsByProgram, measureCost } from '#reports/measure/cost.ts'
import { measureLatency } from '#reports/measure/latency.ts'
import { isServed } from '#reports/record/operations.ts'
import { readRecord } from '#reports/record/read.ts'
import { phaseOf, type RunRecord } from '#reports/record/record.ts'
import { number, withDesign, withRun } from '../options.ts'
import { planAll, runAll, type RunOptions } from '../run-experiments.ts'
import { session } from '../session.ts'

interface Options extends Omit<RunOptions, 'trials'> {
  rate: number
  duration: number
  mix: boolean
  out?: string
  json: boolean
}

/** The full rate is held for this long before it is measured: until V8 has optimised what it will. */
const settle_s = 30

const experimentOf = (rate_per_s: number, duration_s: number, mix: boolean): Experiment => ({
  name: 'bench',
  title: `Steady state at ${rate_per_s} arrivals/s for ${duration_s} s`,
  description: 'No fault: what the system does on this machine when it is left alone.',
  load: {
    ...(!mix && { journey: 'spinner' }),
    profile: 'climb',
    rate_per_s,
    players: Math.min(2000, Math.ceil(rate_per_s)),
    duration_s: settle_s + duration_s,
  },
  // What so many instances can do is asked, not how they grow.
  autoscaling: false,
  steady_state: { success_rate_min: 0.5, p99_ms_max: 60_000, for_s: settle_s, limit_s: 40 },
  trials: 1,
  faults: [],
  recovery: { good_s: 3, limit_s: 30 },
  stop: { failed_share_max: 0.95, for_s: 60 },
  expectations: { consistent: true, waives: { recovers: 'it is loaded until it cannot follow any more' } },
})

/** What it measures is printed; nothing is expected of it but that it could be measured and no money was lost. */
export const bench = {
  command: 'bench',
  describe: 'Measure the steady state: start time, spins per second, latency, CPU per spin',
  builder: (yargs: Argv) =>
    withDesign(withRun(yargs))
      .option(
        'rate',
        number('rate', 'Arrivals per second; without --mix all of them spins', { min: 1, max: 2000 }, 103),
      )
      .option('duration', number('duration', 'Seconds that are measured', { min: 5, max: 600 }, 20))
      .option('mix', { type: 'boolean', default: false, describe: 'All journeys play, as in the bundled experiments' }),
  handler: async ({ rate, duration, mix, out, json, ...options }: Options): Promise<void> => {
    const experiment = experimentOf(rate, duration, mix)
    const plans = planAll([{ source: 'bench', experiment }], { ...options, load: 100 })
    using here = session()
    const { results, folder, failure } = await runAll({ plans, name: 'bench', out, ...here })
    here.terminal.clear()
    const [result] = results
    if (failure !== undefined || result === undefined) throw failure
    const measured = figuresOf(await readRecord(folder), result.verdict.sentence)
    console.log(json ? JSON.stringify(measured, null, 2) : figuresText(measured))
    process.exitCode = result.generator.state === 'PASS' && result.verdict.system === 'PASS' ? 0 : 3
  },
}

export interface Figures {
  start_s: number
  measured_s: number
  spins_per_s: number
  spin_latency_p50_ms: number
  spin_latency_p99_ms: number
  /** All that was asked, by whichever journey. */
  operations: number
  failed_operations: number
  /** CPU of k6 itself, signing and recording included. Null: the target cannot tell. */
  k6_ms_per_operation: number | null
  /** By service; where the target tells it, by everything that runs for the system, the load generator included. */
  cpu_ms_per_spin: Record<string, number>
  /** Of all cores, whoever used it: with every core busy there could be no more spins than this allows. Null: the target cannot tell. */
  machine: { cpu_ms_per_spin: number; cores: number; spins_per_s_most: number } | null
  sentence: string
}

/** Of the record, what was planned and observed during its trial: the warm-up before it is not measured. */
function measuredPart(record: RunRecord): { part: RunRecord; length_s: number } {
  const { begin_ms: from_ms = 0, end_ms: to_ms = 0 } = phaseOf(record.journal, 'trial')
  const within = (at_ms: number): boolean => at_ms >= from_ms && at_ms < to_ms
  const part = {
    ...record,
    operations: record.operations.filter(({ planned_ms }) => within(planned_ms)),
    observations: record.observations.filter(({ at_ms }) => within(at_ms)),
  }
  return { part, length_s: Math.max(1, to_ms - from_ms) / 1000 }
}

export function figuresOf(record: RunRecord, sentence: string): Figures {
  const { part, length_s } = measuredPart(record)
  const { begin_ms = 0, end_ms = 0 } = phaseOf(record.journal, 'up')
  const { overall, by_kind } = measureLatency(part, [])
  const spins = by_kind['spin'] ?? overall
  const spent = cpuMsByProgram(part)
  const { machine: machine_ms, ...programs_ms } = spent ?? servicesMs(part)
  const perSpin = (ms: number): number => ms / Math.max(1, spins.count)
  return {
    start_s: (end_ms - begin_ms) / 1000,
    measured_s: length_s,
    spins_per_s: spins.count / length_s,
    spin_latency_p50_ms: spins.p50_ms,
    spin_latency_p99_ms: spins.p99_ms,
    operations: part.operations.length,
    k6_ms_per_operation:
      programs_ms['load'] === undefined ? null : programs_ms['load'] / Math.max(1, part.operations.length),
    failed_operations: part.operations.filter((operation) => !isServed(operation)).length,
    cpu_ms_per_spin: Object.fromEntries(
      Object.entries(programs_ms)
        .map(([name, ms]) => [name, perSpin(ms)] as const)
        .toSorted(([, one], [, other]) => other - one),
    ),
    machine: machine_ms === undefined ? null : machineOf(perSpin(machine_ms), Number(record.run.machine['cores'])),
    sentence,
  }
}

const servicesMs = (part: RunRecord): Record<string, number> =>
  Object.fromEntries(
    Object.entries(measureCost(part).cpu_seconds_by_service).map(([name, cpu_s]) => [name, cpu_s * 1000]),
  )

const machineOf = (cpu_ms_per_spin: number, cores: number): Figures['machine'] => ({
  cpu_ms_per_spin,
  cores,
  spins_per_s_most: (cores * 1000) / cpu_ms_per_spin,
})

export function figuresText(figures: Figures): string {
  const rows: [string, string][] = [
    ['start', `${figures.start_s.toFixed(1)} s until the whole system was ready`],
    [
      'spins',
      `${figures.spins_per_s.toFixed(1)} per second, over ${figures.measured_s.toFixed(0)} s after the warm-up`,
    ],
    [
      'latency',
      `p50 ${figures.spin_latency_p50_ms.toFixed(0)} ms, p99 ${figures.spin_latency_p99_ms.toFixed(0)} ms of a spin`,
    ],
    ['failed', `${figures.failed_operations} of ${figures.operations} operations`],
    ...Object.entries(figures.cpu_ms_per_spin).map(([service, cpu_ms]): [string, string] => [
      `cpu ${service}`,
      `${cpu_ms.toFixed(2)} ms per spin`,
    ]),
    ...(figures.machine === null ? [] : [machineRow(figures.machine)]),
    ...(figures.k6_ms_per_operation === null
      ? []
      : [['k6', `${figures.k6_ms_per_operation.toFixed(2)} ms of CPU per operation`] satisfies [string, string]]),
  ]
  return [...rows.map(([title, text]) => `${title.padEnd(14)} ${text}`), figures.sentence].join('\n')
}

const machineRow = ({
  cpu_ms_per_spin,
  cores,
  spins_per_s_most,
}: NonNullable<Figures['machine']>): [string, string] => [
  'machine',
  `${cpu_ms_per_spin.toFixed(1)} ms per spin of ${cores} cores: ${spins_per_s_most.toFixed(0)} spins/s with all of them busy`,
]
