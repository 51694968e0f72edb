import type { LatencyFigures } from '../record/result.ts'

/**
 * Nearest rank: the smallest value such that at least `share` of all values are not larger (NIST handbook 7.2.6.2, without
 * interpolation, so every answer is a value that was measured). `sorted` ascends; null without values.
 */
export function percentile(sorted: ArrayLike<number>, share: number): number | null {
  if (sorted.length === 0) return null
  return sorted[Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length))) - 1] as number
}

export function latencyFigures(latencies_ms: readonly number[]): LatencyFigures {
  const sorted = Float64Array.from(latencies_ms).toSorted()
  const at = (share: number): number => percentile(sorted, share) ?? 0
  const mean_ms = sorted.length === 0 ? 0 : sorted.reduce((sum, value) => sum + value, 0) / sorted.length
  return {
    count: sorted.length,
    mean_ms: rounded(mean_ms),
    p50_ms: rounded(at(0.5)),
    p95_ms: rounded(at(0.95)),
    p99_ms: rounded(at(0.99)),
    max_ms: rounded(at(1)),
  }
}

export interface MedianInterval {
  trials: number
  median_s: number | null
  low_s: number | null
  high_s: number | null
  confidence: number
}

/**
 * Median of n independent trials and the interval [smallest, largest]. It holds the true median unless all trials fell on
 * the same side of it: confidence 1 − 2·(1/2)^n = 1 − 2^(1−n), whatever the distribution (sign test). A censored trial
 * (null) took longer than every other: a median or bound that falls on one is null.
 */
export function medianInterval(values: readonly (number | null)[]): MedianInterval {
  const sorted = values.map((value) => value ?? Infinity).toSorted((one, other) => one - other)
  const n = sorted.length
  const finite = (value: number | undefined): number | null =>
    value === undefined || !Number.isFinite(value) ? null : rounded(value)
  const lower = sorted[Math.ceil(n / 2) - 1]
  const upper = sorted[Math.floor(n / 2)]
  return {
    trials: n,
    median_s: lower === undefined || upper === undefined ? null : finite((lower + upper) / 2),
    low_s: finite(sorted[0]),
    high_s: finite(sorted[n - 1]),
    confidence: n === 0 ? 0 : 1 - 2 ** (1 - n),
  }
}

/** Results are for people and for comparing: three decimals are a millisecond of a second. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000

/** Index of the first item of an ascending list that is not below the wanted value. */
export function lowerBound<T>(items: readonly T[], wanted: number, valueOf: (item: T) => number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (valueOf(items[middle]!) < wanted) low = middle + 1
    else high = middle
  }
  return low
}
