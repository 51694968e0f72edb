import type { Experiment } from '../experiments/experiment.ts'
import { isSilent, type LiveWindows } from './windows.ts'

const span_s = 10

/**
 * A check to be asked once a second: gives the reason when the share of failed operations over the last 10 s has been above the
 * limit, without a break, for `for_s`. When nothing ends any more though players ask, all of them fail.
 */
export function stopCondition(
  windows: LiveWindows,
  { failed_share_max, for_s }: Experiment['stop'],
): (now_ms: number) => string | null {
  let above_since_ms: number | null = null
  return (now_ms) => {
    const whole = windows.last(span_s, now_ms)
    const { operations, failed } = whole
    const silent = isSilent(whole)
    const share = silent ? 1 : operations === 0 ? 0 : failed / operations
    if (share <= failed_share_max) {
      above_since_ms = null
      return null
    }
    above_since_ms ??= now_ms
    if (now_ms - above_since_ms < for_s * 1000) return null
    if (silent) return `no operation ended any more over ${span_s} s, for ${for_s} s, though players asked`
    return `${(share * 100).toFixed(0)} % of the operations failed over ${span_s} s, more than ${failed_share_max * 100} % for ${for_s} s`
  }
}
