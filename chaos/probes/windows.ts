/** How a client's operation ended, as the load generator reports it while it runs. */
export interface LiveOperation {
  /** When it should have started, wall clock: waiting for a free client counts. */
  planned_ms: number
  ended_ms: number
  outcome: 'ok' | 'fail' | 'info' | 'dropped'
}

/** Operations that ended within one span of time. */
export interface Window {
  start_ms: number
  operations: number
  failed: number
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
 * Live operations by the second in which they ended. Bounded: 180 windows are kept. A window that nothing ended in counts as a
 * bad one, since an open model keeps asking. The judge counts anew from the record; this decides only how long a run goes on.
 */
export interface LiveWindows {
  readonly window_ms: number
  add(operation: LiveOperation): void
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
  const startOf = (at_ms: number): number => Math.floor(at_ms / window_ms) * window_ms
  const pooled = (start_ms: number, end_ms: number): Window => {
    const parts: Bucket[] = []
    for (let at = start_ms; at < end_ms; at += window_ms) {
      const bucket = buckets.get(at)
      if (bucket !== undefined) parts.push(bucket)
    }
    const latencies_ms = parts.flatMap((part) => part.latencies_ms)
    const failed = parts.reduce((sum, part) => sum + part.failed, 0)
    return { start_ms, operations: latencies_ms.length + failed, failed, p99_ms: percentile(latencies_ms, 0.99) }
  }
  return {
    window_ms,
    add({ planned_ms, ended_ms, outcome }) {
      const start = startOf(ended_ms)
      const bucket = buckets.get(start) ?? { failed: 0, latencies_ms: [] }
      buckets.set(start, bucket)
      if (outcome === 'ok') bucket.latencies_ms.push(ended_ms - planned_ms)
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

export function isGood(window: Window, level: ServiceLevel): boolean {
  if (window.operations === 0) return false
  return 1 - window.failed / window.operations >= level.success_rate && window.p99_ms <= level.p99_ms
}
