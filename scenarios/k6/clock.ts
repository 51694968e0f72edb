import exec from 'k6/execution'

// The clock of the load generator. Date has whole milliseconds and may jump; k6's own run time is monotonic, has fractions and
// is the same for all players. Their difference, taken once in setup at the moment when Date ticks, joins the two.

/** Wall clock minus run time, in milliseconds. Waits for the next tick of Date: at most a millisecond or two. */
export function measureClockOffset_ms(): number {
  const before_ms = Date.now()
  let now_ms = before_ms
  for (let look = 0; now_ms === before_ms && look < 1_000_000; look++) now_ms = Date.now()
  return now_ms - exec.instance.currentTestRunDuration
}

/** Wall clock, milliseconds since the epoch, with microseconds. */
export const wallClock_ms = (offset_ms: number): number =>
  Math.round((offset_ms + exec.instance.currentTestRunDuration) * 1000) / 1000
