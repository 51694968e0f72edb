import type { RunFile } from './format.ts'

/** Arrivals that a schedule plans in [from, to), seconds since its first one; a fraction where one is only partly due. */
export function arrivalsBetween(schedule: RunFile['schedule'], from_s: number, to_s: number): number {
  let [planned, begin_s] = [0, 0]
  for (const { duration_s, from_per_s, to_per_s } of schedule) {
    const start_s = Math.max(0, from_s - begin_s)
    const end_s = Math.min(duration_s, to_s - begin_s)
    // The rate is a straight line: its mean over the part is the rate in the middle of it.
    const middle = (start_s + end_s) / 2 / duration_s
    if (end_s > start_s) planned += (end_s - start_s) * (from_per_s + middle * (to_per_s - from_per_s))
    begin_s += duration_s
  }
  return planned
}
