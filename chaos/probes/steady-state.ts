import type { Experiment } from '../experiments/experiment.ts'
import { isGood, type LiveWindows } from './windows.ts'

/** What the steady state says now: over the last `for_s`, all operations together. */
export interface SteadyState {
  steady: boolean
  /** For people: `99.8 % good, p99 43 ms, 2,400 operations in 10 s`. */
  text: string
}

/** `from_ms`: start of the load; before `for_s` have passed nothing is steady. */
export function steadyState(
  windows: LiveWindows,
  { success_rate_min, p99_ms_max, for_s }: Experiment['steady_state'],
  { from_ms, now_ms }: { from_ms: number; now_ms: number },
): SteadyState {
  const whole = windows.last(for_s, now_ms)
  const share = whole.operations === 0 ? 0 : 1 - whole.failed / whole.operations
  const text =
    whole.operations === 0
      ? `no operation ended in the last ${for_s} s`
      : `${(share * 100).toFixed(1)} % good, p99 ${Math.round(whole.p99_ms)} ms, ${whole.operations} operations in ${for_s} s`
  const long_enough = whole.start_ms >= from_ms
  const good = isGood(whole, { success_rate: success_rate_min, p99_ms: p99_ms_max }) === true
  return { steady: long_enough && good, text }
}
