import { isServed, latencyOf } from '../record/operations.ts'
import { originOf, type RunRecord } from '../record/record.ts'
import type { ResultFile } from '../record/result.ts'
import { latencyFigures, rounded } from './statistics.ts'
import { windowLength_ms, windowsOf, type Window } from './windows.ts'

/** The windows of the whole run, from t = 0 to the last planned start. */
export function runWindows(record: RunRecord): Window[] {
  const { operations, system } = record
  const last = operations.at(-1)
  if (last === undefined) return []
  const window_ms = windowLength_ms(operations)
  const from_ms = originOf(record)
  return windowsOf(operations, { from_ms, to_ms: last.planned_ms + 0.001, window_ms, slo: system.slo })
}

/**
 * What players waited, from the planned start to the last byte of the last attempt (so a stalled generator or system cannot
 * hide its queue: Tene's coordinated omission). Percentiles are of operations that were served; the others are counted.
 */
export function measureLatency(record: RunRecord, windows: readonly Window[]): ResultFile['latency'] {
  const latencies = new Map<string, number[]>()
  const overall: number[] = []
  for (const operation of record.operations) {
    if (!isServed(operation)) continue
    const latency_ms = latencyOf(operation)
    const ofKind = latencies.get(operation.kind)
    if (ofKind === undefined) latencies.set(operation.kind, [latency_ms])
    else ofKind.push(latency_ms)
    overall.push(latency_ms)
  }
  const origin_ms = originOf(record)
  const kinds = [...latencies.keys()].toSorted()
  return {
    overall: latencyFigures(overall),
    by_kind: Object.fromEntries(kinds.map((kind) => [kind, latencyFigures(latencies.get(kind) ?? [])])),
    windows: windows.map((window) => ({
      t_s: rounded((window.start_ms - origin_ms) / 1000),
      operations: window.operations.length,
      failed: window.failed,
      dropped: window.dropped,
      p50_ms: window.p50_ms === null ? null : rounded(window.p50_ms),
      p99_ms: window.p99_ms === null ? null : rounded(window.p99_ms),
      good: window.good,
    })),
  }
}
