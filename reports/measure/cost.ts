import { isServed } from '../record/operations.ts'
import type { ObservationLine } from '../record/format.ts'
import type { RunRecord } from '../record/record.ts'
import type { ResultFile } from '../record/result.ts'
import { rounded } from './statistics.ts'

export type Sample = Extract<ObservationLine, { kind: 'sample' }>

/** Samples of the time in which there was load, in order. */
export function loadSamples(record: RunRecord): Sample[] {
  const first_ms = record.operations[0]?.planned_ms ?? 0
  const last_ms = record.operations.at(-1)?.planned_ms ?? 0
  return record.observations.filter(
    (line): line is Sample => line.kind === 'sample' && line.at_ms >= first_ms - 500 && line.at_ms <= last_ms + 500,
  )
}

// A gap between two samples is filled with the earlier one, but not for longer than this.
const gap_s_max = 5

/** Seconds for which each sample stands: until the next one. The last stands for as long as the one before it. */
export function sampleLengths_s(samples: readonly Sample[]): number[] {
  const lengths = samples.map((sample, index) => {
    const next = samples[index + 1]
    return next === undefined ? Number.NaN : Math.min(gap_s_max, (next.at_ms - sample.at_ms) / 1000)
  })
  return lengths.map((length_s, index) => (Number.isNaN(length_s) ? (lengths[index - 1] ?? 1) : length_s))
}

const byName = ([one]: [string, unknown], [other]: [string, unknown]): number => (one < other ? -1 : 1)

/**
 * CPU in ms that each program used over all samples, `machine` for all cores; null where the target cannot tell, or something was
 * restarted meanwhile (then its counter began anew). One that ended is counted until it was seen last.
 */
export function cpuMsByProgram(record: RunRecord): Record<string, number> | null {
  const told = record.observations.flatMap((line) => (line.kind === 'sample' ? [line.cpu_ms ?? {}] : []))
  const first = told.find((sample) => Object.keys(sample).length > 0)
  if (first === undefined) return null
  const newest: Record<string, number> = {}
  for (const sample of told)
    for (const [program, ms] of Object.entries(sample)) {
      if (ms < (newest[program] ?? 0)) return null
      newest[program] = ms
    }
  return Object.fromEntries(Object.entries(newest).map(([program, ms]) => [program, ms - (first[program] ?? 0)]))
}

const running = new Set(['starting', 'ready', 'not-ready', 'stopping'])

/**
 * What the run took: replica seconds = Σ running instances × dt, CPU seconds = Σ cpu_millicores / 1000 × dt, both over the
 * samples under load; CPU per operation that was served.
 */
export function measureCost(record: RunRecord): ResultFile['cost'] {
  const samples = loadSamples(record)
  const lengths_s = sampleLengths_s(samples)
  const cpu_s = new Map<string, number>()
  let replica_seconds = 0
  for (const [index, sample] of samples.entries())
    for (const { service, state, cpu_millicores } of sample.instances) {
      const length_s = lengths_s[index]!
      if (running.has(state)) replica_seconds += length_s
      cpu_s.set(service, (cpu_s.get(service) ?? 0) + (cpu_millicores / 1000) * length_s)
    }
  const served = record.operations.filter(isServed).length
  const total_s = [...cpu_s.values()].reduce((sum, value) => sum + value, 0)
  return {
    replica_seconds: rounded(replica_seconds),
    cpu_seconds_by_service: Object.fromEntries(
      [...cpu_s].toSorted(byName).map(([service, seconds]) => [service, rounded(seconds)]),
    ),
    cpu_ms_per_operation: served === 0 || samples.length === 0 ? null : rounded((total_s * 1000) / served),
  }
}
