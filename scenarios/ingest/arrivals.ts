import type { Stage } from '../profiles/profile.ts'
import { arrivalTimes_ms, assignSlots, scheduleDuration_s } from '../schedule.ts'
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
/** What is due at the very end may or may not start; what was due before that and did not come was not delivered. */
const endGrace_ms = 50

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

  const scheduleEnd_ms = start_at_ms + scheduleDuration_s(stages) * 1000
  const isDropped = (slot: number): boolean =>
    slot < reached
      ? taken[slot] === 0 && all_ms[slot]! <= end_ms
      : all_ms[slot]! <= Math.min(end_ms, scheduleEnd_ms) - endGrace_ms
  const dropped = all_ms.keys().filter(isDropped)
  const dropped_ms = dropped.map((slot) => all_ms[slot]!).toArray()
  return { planned_ms, dropped_ms, started: order.length - skipped.size }
}
