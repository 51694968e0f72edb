import { isServed } from '#reports/record/operations.ts'

/** How a client's operation ended, as the load generator reports it while it runs. */
export interface LiveOperation {
  /** When it should have started, wall clock: waiting for a free client counts. */
  planned_ms: number
  ended_ms: number
  outcome: 'ok' | 'fail' | 'info' | 'dropped'
  /** Why it failed; refusals by a rule of the game are right answers. */
  code?: string
}

/** Operations that ended within one span of time. */
export interface Window {
  start_ms: number
  operations: number
  /** Not served, as the judge counts it. */
  failed: number
  /** Arrivals that were planned since an operation last ended, to the end of the window. */
  silent: number
  /** Of those that succeeded, from their planned start; 0 without any. */
  p99_ms: number
}

export interface ServiceLevel {
  success_rate: number
  p99_ms: number
}

interface Bucket {
  failed: number
  latencies_ms: number[]
}

const kept = 180

/**
 * Live operations by the second in which they ended. Bounded: 180 windows are kept. What is served, and what is good, is what the
 * judge calls so, who counts anew from the record; but that one knows the operations of each planned start, and here nobody knows yet how
 * those under way will end. So a window in which nothing ended is bad as soon as arrivals are due; with none due it is as the one before.
 */
export interface LiveWindows {
  readonly window_ms: number
  add(operation: LiveOperation): void
  /** How many arrivals are planned in [from, to) from now on; until it is known, always enough. */
  expect(planned: (from_ms: number, to_ms: number) => number): void
  /** All kept windows of [from, now − lag), the oldest first; the lag is for lines that are still under way. */
  between(from_ms: number, now_ms: number): Window[]
  /** The last `seconds` that are over, as one window. */
  last(seconds: number, now_ms: number): Window
  count(): number
}

export function liveWindows({ window_ms = 1000 }: { window_ms?: number } = {}): LiveWindows {
  const lag_ms = 0.7 * window_ms
  const buckets = new Map<number, Bucket>()
  let count = 0
  let planned = (_from_ms: number, _to_ms: number): number => Infinity
  /** The end of the last window before `end_ms` in which something ended. */
  const heard = (end_ms: number): number =>
    Math.max(-Infinity, ...[...buckets.keys()].filter((at) => at < end_ms)) + window_ms
  const startOf = (at_ms: number): number => Math.floor(at_ms / window_ms) * window_ms
  const pooled = (start_ms: number, end_ms: number): Window => {
    const parts: Bucket[] = []
    for (let at = start_ms; at < end_ms; at += window_ms) {
      const bucket = buckets.get(at)
      if (bucket !== undefined) parts.push(bucket)
    }
    const latencies_ms = parts.flatMap((part) => part.latencies_ms)
    const failed = parts.reduce((sum, part) => sum + part.failed, 0)
    const operations = latencies_ms.length + failed
    const silent = operations > 0 ? 0 : planned(Math.max(heard(end_ms), end_ms - kept * window_ms), end_ms)
    return { start_ms, operations, failed, silent, p99_ms: percentile(latencies_ms, 0.99) }
  }
  return {
    window_ms,
    expect(schedule) {
      planned = schedule
    },
    add({ planned_ms, ended_ms, outcome, code = '' }) {
      const start = startOf(ended_ms)
      const bucket = buckets.get(start) ?? { failed: 0, latencies_ms: [] }
      buckets.set(start, bucket)
      const served = isServed({ dropped: outcome === 'dropped', outcome, error: code, status: 0 })
      if (served) bucket.latencies_ms.push(ended_ms - planned_ms)
      else bucket.failed++
      count++
      if (buckets.size > kept) buckets.delete(Math.min(...buckets.keys()))
    },
    between(from_ms, now_ms) {
      const windows: Window[] = []
      const end = startOf(now_ms - lag_ms)
      const first = Math.max(Math.ceil(from_ms / window_ms) * window_ms, end - kept * window_ms)
      for (let at = first; at < end; at += window_ms) windows.push(pooled(at, at + window_ms))
      return windows
    },
    last(seconds, now_ms) {
      const end = startOf(now_ms - lag_ms)
      return pooled(end - Math.ceil((seconds * 1000) / window_ms) * window_ms, end)
    },
    count: () => count,
  }
}

/** Nearest rank: the smallest value such that at least `share` of all are not larger. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number
}

// Fewer may be under way, as ever.
const silent_min = 3

/** Nothing ends any more, though players ask. */
export const isSilent = ({ operations, silent }: Window): boolean => operations === 0 && silent >= silent_min

/** Null: nothing was due and nothing ended, so it is as the one before. */
export function isGood(window: Window, level: ServiceLevel): boolean | null {
  if (window.operations === 0) return isSilent(window) ? false : null
  return 1 - window.failed / window.operations >= level.success_rate && window.p99_ms <= level.p99_ms
}
