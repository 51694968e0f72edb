import type { Stage } from './profiles/profile.ts'

// The arrival schedule. k6 says neither when an iteration was planned nor which ones it dropped, so both are computed:
//
//   rate(t)  ──►  arrivals(t) = ∫ rate dt  ──►  slot k at the time where arrivals = k   (k = 1, 2, 3 …; k6 counts alike)
//   real starts, in order ──► slots, in order ──► slots left over = dropped arrivals
//
// Each start has the latest slot that is still possible, not the first: k6 drops an arrival at once when every player is busy
// and never makes it up later, so what starts has started close to its own slot.

export const slots_max = 10_000_000

/** Rates are exact to 1/1000 per second, here and in k6 (which takes integers: arrivals per 1000 s). */
export const per1000s = (rate_per_s: number): number => Math.round(rate_per_s * 1000)

export const scheduleDuration_s = (stages: readonly Stage[]): number =>
  stages.reduce((sum, stage) => sum + stage.duration_s, 0)

/** Times of all arrivals, in milliseconds from the start of the schedule, ascending. Throws RangeError above `slots_max`. */
export function arrivalTimes_ms(stages: readonly Stage[]): Float64Array {
  const total = stages.reduce((sum, stage) => sum + arrivalsIn(stage), 0)
  if (!(total <= slots_max)) throw new RangeError(`a schedule of ${total} arrivals; at most ${slots_max} are possible`)
  const times_ms = new Float64Array(Math.floor(total + rounding))
  let slot = 0
  let before = 0 // arrivals in earlier stages, with the fraction that a stage leaves to the next
  let stageStart_s = 0
  for (const stage of stages) {
    const end = before + arrivalsIn(stage)
    for (; slot < times_ms.length && slot + 1 <= end + rounding; slot++) {
      const inside_s = Math.min(timeOf(stage, slot + 1 - before), stage.duration_s)
      times_ms[slot] = (stageStart_s + inside_s) * 1000
    }
    before = end
    stageStart_s += stage.duration_s
  }
  return times_ms
}

const rounding = 1e-6
const exact = (rate_per_s: number): number => per1000s(rate_per_s) / 1000
const arrivalsIn = (stage: Stage): number => (stage.duration_s * (exact(stage.from_per_s) + exact(stage.to_per_s))) / 2

/** Solves from·t + slope·t²/2 = count for t, in the form that stays exact when the slope is 0. */
function timeOf(stage: Stage, count: number): number {
  const from = exact(stage.from_per_s)
  const slope = (exact(stage.to_per_s) - from) / stage.duration_s
  return (2 * count) / (from + Math.sqrt(Math.max(0, from * from + 2 * slope * count)))
}

export interface Assignment {
  /** For each start, in its order: the time of its slot; never after the start. */
  planned_ms: Float64Array
  /** For each slot: 1 when a start took it. */
  taken: Uint8Array
}

/**
 * Matches starts (ascending) with slots (ascending), both in order: slot(k) = the latest that is at most `tolerance_ms` after
 * start k and before slot(k + 1). Hence with as many starts as slots each has its own, however late it was.
 * When the clocks disagree so much that there is none, the start takes the next one: the count of dropped arrivals stays right.
 */
export function assignSlots(slots_ms: Float64Array, starts_ms: ArrayLike<number>, tolerance_ms: number): Assignment {
  const planned_ms = new Float64Array(starts_ms.length)
  const taken = new Uint8Array(slots_ms.length)
  let below = slots_ms.length // slots that later starts have left
  for (let index = starts_ms.length - 1; index >= 0; index--) {
    const start_ms = starts_ms[index]!
    let slot = below - 1
    // At least `index` slots must be left for the starts before this one.
    while (slot > index && slots_ms[slot]! > start_ms + tolerance_ms) slot--
    slot = Math.max(slot, index)
    below = slot
    planned_ms[index] = Math.min(slots_ms[slot] ?? start_ms, start_ms)
    if (slot < slots_ms.length) taken[slot] = 1 // else there are more starts than slots: the caller's counts show it
  }
  return { planned_ms, taken }
}
