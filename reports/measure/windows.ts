import { isServed, latencyOf, type ClientOperation } from '../record/operations.ts'
import { percentile } from './statistics.ts'

export interface ServiceLevel {
  success_rate: number
  p99_ms: number
}

/** One stretch of time, with the operations whose planned start falls into it. */
export interface Window {
  start_ms: number
  end_ms: number
  operations: ClientOperation[]
  /** Not served, dropped arrivals among them. */
  failed: number
  dropped: number
  /** Served, but later than the limit of the p99. */
  slow: number
  p50_ms: number | null
  p99_ms: number | null
  good: boolean
}

/** Half a second holds enough operations to be judged from 30 a second on (mean of the run); below, it takes a whole one. */
export function windowLength_ms(operations: readonly ClientOperation[]): number {
  const first = operations[0]
  const last = operations.at(-1)
  if (first === undefined || last === undefined) return 1000
  const seconds = Math.max(1, (last.planned_ms - first.planned_ms) / 1000)
  return operations.length / seconds >= 30 ? 500 : 1000
}

export interface Cut {
  from_ms: number
  to_ms: number
  window_ms: number
  slo: ServiceLevel
}

/**
 * Cuts [from, to) into windows. An operation belongs to the window of its planned start; one that was planned before `from`
 * and given all the same (under way when a fault struck) to the first window.
 *
 * good  ⇔  served / operations ≥ slo.success_rate  and  p99 of the served, from their planned start, ≤ slo.p99_ms
 *
 * A window of fewer than 100 operations cannot tell 1 %: when a single one of its operations missed, the same question
 * is put to the smallest stretch around it that has as many as the SLO needs to be told. An empty window is as good as the
 * one before it: nothing was asked, so nothing was shown.
 */
export function windowsOf(operations: readonly ClientOperation[], { from_ms, to_ms, window_ms, slo }: Cut): Window[] {
  const count = Math.max(0, Math.ceil((to_ms - from_ms) / window_ms - 1e-9))
  const windows = Array.from({ length: count }, (_, index): Window => {
    const start_ms = from_ms + index * window_ms
    const end_ms = Math.min(to_ms, start_ms + window_ms)
    return { start_ms, end_ms, operations: [], failed: 0, dropped: 0, slow: 0, p50_ms: null, p99_ms: null, good: true }
  })
  for (const operation of operations) {
    if (operation.planned_ms >= to_ms) continue
    windows[Math.max(0, Math.floor((operation.planned_ms - from_ms) / window_ms))]?.operations.push(operation)
  }
  for (const window of windows) fill(window, slo)
  for (const [index, window] of windows.entries()) {
    if (window.operations.length === 0) window.good = windows[index - 1]?.good ?? true
    else window.good = meets([window], slo) || (missed(window) === 1 && meets(around(windows, index, slo), slo))
  }
  return windows
}

function fill(window: Window, slo: ServiceLevel): void {
  const latencies: number[] = []
  for (const operation of window.operations) {
    if (operation.dropped) window.dropped++
    if (isServed(operation)) latencies.push(latencyOf(operation))
    else window.failed++
  }
  const sorted = latencies.toSorted((one, other) => one - other)
  window.slow = sorted.filter((latency_ms) => latency_ms > slo.p99_ms).length
  window.p50_ms = percentile(sorted, 0.5)
  window.p99_ms = percentile(sorted, 0.99)
}

const missed = (window: Window): number => window.failed + window.slow

/** Nearest-rank p99 ≤ limit ⇔ at most 1 % are above it. The tiny number is for binary fractions. */
function meets(windows: readonly Window[], slo: ServiceLevel): boolean {
  let [operations, failed, slow] = [0, 0, 0]
  for (const window of windows) {
    operations += window.operations.length
    failed += window.failed
    slow += window.slow
  }
  return failed <= (1 - slo.success_rate) * operations + 1e-9 && slow <= 0.01 * (operations - failed) + 1e-9
}

/** The smallest stretch around a window, the same number on both sides as far as there are any, with enough operations. */
function around(windows: readonly Window[], index: number, slo: ServiceLevel): Window[] {
  const enough = Math.min(1000, Math.max(101, Math.ceil(1 / Math.max(1e-6, 1 - slo.success_rate))))
  let reach = 0
  let found: Window[] = []
  do {
    reach++
    found = windows.slice(Math.max(0, index - reach), index + reach + 1)
  } while (
    found.reduce((sum, window) => sum + window.operations.length, 0) < enough &&
    (index - reach > 0 || index + reach < windows.length - 1)
  )
  return found
}

/** Whether one operation missed what the SLO asks of nearly all. */
export const isMiss = (operation: ClientOperation, slo: ServiceLevel): boolean =>
  !isServed(operation) || latencyOf(operation) > slo.p99_ms
