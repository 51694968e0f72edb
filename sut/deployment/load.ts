import type { ProcessUsage } from '#lib/process.ts'

/** What `GET /load` of the operations port answers. */
export interface LoadAnswer {
  requests_total: number
  in_flight: number
  queue_depth: number
  latency_p95_ms: number
}

/** An instance at one moment: counters since its start, and levels. */
export interface LoadReading extends LoadAnswer, ProcessUsage {
  at_ms: number
  pid: number
}

export interface LoadRates {
  cpu_millicores: number
  requests_per_s: number
  queue_depth: number
  latency_p95_ms: number
  resident_bytes: number
}

/** Between two readings of the same process; without an earlier one the rates are unknown and told as 0. */
export function ratesBetween(earlier: LoadReading | null, later: LoadReading): LoadRates {
  const levels = {
    queue_depth: later.queue_depth,
    latency_p95_ms: later.latency_p95_ms,
    resident_bytes: later.resident_bytes,
  }
  const s = earlier?.pid === later.pid ? (later.at_ms - earlier.at_ms) / 1000 : 0
  if (earlier === null || s <= 0) return { cpu_millicores: 0, requests_per_s: 0, ...levels }
  return {
    cpu_millicores: Math.max(0, later.cpu_ms - earlier.cpu_ms) / s,
    requests_per_s: Math.max(0, later.requests_total - earlier.requests_total) / s,
    ...levels,
  }
}

export const noLoad: LoadRates = {
  cpu_millicores: 0,
  resident_bytes: 0,
  requests_per_s: 0,
  queue_depth: 0,
  latency_p95_ms: 0,
}

/** Rates over less than this are noise. */
const rates_over_min_ms = 500

/** What each reading is compared with: the last one that is old enough, whoever asked for it. */
export interface ReadingHistories<Key> {
  /** Null without a reading, which also forgets what was before. */
  rates(key: Key, reading: LoadReading | null): LoadRates | null
  /** Forgets all others. */
  keep(keys: readonly Key[]): void
}

export function readingHistories<Key>(): ReadingHistories<Key> {
  const known = new Map<Key, { last: LoadReading; before: LoadReading | null }>()
  return {
    rates(key, reading) {
      const history = known.get(key)
      if (reading === null) {
        known.delete(key)
        return null
      }
      if (history !== undefined && reading.at_ms - history.last.at_ms < rates_over_min_ms)
        return ratesBetween(history.before, reading)
      known.set(key, { last: reading, before: history?.last ?? null })
      return ratesBetween(history?.last ?? null, reading)
    },
    keep(keys) {
      for (const key of known.keys()) if (!keys.includes(key)) known.delete(key)
    },
  }
}

/** Instances of a service count the same rows of one database: the largest of their answers, then the sum over services. */
export function sumOverServices(
  answers: readonly { service: string; pending: Record<string, number> }[],
): Record<string, number> {
  const largest = new Map<string, { name: string; value: number }>()
  for (const { service, pending } of answers)
    for (const [name, value] of Object.entries(pending)) {
      const key = `${service} ${name}`
      largest.set(key, { name, value: Math.max(value, largest.get(key)?.value ?? 0) })
    }
  const sums: Record<string, number> = {}
  for (const { name, value } of largest.values()) sums[name] = (sums[name] ?? 0) + value
  return sums
}
