import type { Stage } from '../profiles/profile.ts'
import { arrivalTimes_ms, assignSlots } from '../schedule.ts'
import type { Survey } from './survey.ts'

export interface Arrivals {
  /** By number of the arrival: when it was planned. */
  planned_ms: Float64Array
  /** Planned times of the arrivals that found no free player. */
  dropped_ms: number[]
  started: number
}

/** Starts and the zero of the schedule are rounded. */
const tolerance_ms = 0.5

/**
 * Compares the schedule with what started. `end_ms`: when the load was told to stop, or ended; what was planned later was not
 * planned, except for what started nevertheless. `counts` of k6 itself, when it could still say them, tell how many slots it
 * came to.
 */
export function arrivalsOf(
  survey: Survey,
  stages: readonly Stage[],
  end_ms: number,
  counts: { iterations: number; dropped: number } | null,
): Arrivals {
  const { start_at_ms, starts_ms, skipped } = survey
  const planned_ms = new Float64Array(starts_ms.length).fill(NaN)
  if (start_at_ms === null) return { planned_ms, dropped_ms: [], started: 0 }
  const all_ms = arrivalTimes_ms(stages).map((time_ms) => start_at_ms + time_ms)
  const order = Uint32Array.from(starts_ms.keys())
    .filter((number) => !Number.isNaN(starts_ms[number]))
    .toSorted((one, other) => starts_ms[one]! - starts_ms[other]! || one - other)
  const sorted_ms = Float64Array.from(order, (number) => starts_ms[number]!)
  const reached = counts === null ? all_ms.length : Math.max(counts.iterations, order.length) + counts.dropped
  const slots_ms = all_ms.subarray(0, reached)
  const { planned_ms: assigned_ms, taken } = assignSlots(slots_ms, sorted_ms, tolerance_ms)
  for (const [position, number] of order.entries()) planned_ms[number] = assigned_ms[position]!

  const dropped_ms: number[] = []
  for (let slot = 0; slot < slots_ms.length && slots_ms[slot]! <= end_ms; slot++)
    if (taken[slot] === 0) dropped_ms.push(slots_ms[slot]!)
  return { planned_ms, dropped_ms, started: order.length - skipped.size }
}
