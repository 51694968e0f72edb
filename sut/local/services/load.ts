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
