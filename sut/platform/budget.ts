import type { Clock } from '#lib/clock.ts'

// A budget is a bucket of tokens for each of many: work takes its token before it is done, and gives it back if it was no waste.
//
//   left = min(burst, left + per_s × seconds since)          nothing runs in the background: it is filled when it is asked
export interface BudgetLimits {
  /** Of one who has not been seen. */
  burst: number
  per_s: number
  /** Who is remembered. Beyond it those are forgotten that came the longest time ago, so it bounds memory and not work. */
  remembered_max: number
}

export interface Charge {
  /** That share of the token; all of it where nothing is said. */
  giveBack: (share?: number) => void
}

export interface Budget {
  /** Undefined: there is no whole token left. */
  take: (who: string) => Charge | undefined
  remembered: () => number
}

export function budget({ burst, per_s, remembered_max }: BudgetLimits, clock: Pick<Clock, 'monotonic_ms'>): Budget {
  const buckets = new Map<string, { left: number; at_ms: number }>()
  const filled = (who: string): { left: number; at_ms: number } => {
    const at_ms = clock.monotonic_ms()
    const known = buckets.get(who) ?? { left: burst, at_ms }
    buckets.delete(who) // so that the order is that of the last time
    const bucket = { left: Math.min(burst, known.left + ((at_ms - known.at_ms) / 1000) * per_s), at_ms }
    for (const oldest of buckets.keys()) {
      if (buckets.size < remembered_max) break
      buckets.delete(oldest)
    }
    buckets.set(who, bucket)
    return bucket
  }
  return {
    take(who) {
      const bucket = filled(who)
      if (bucket.left < 1) return undefined
      bucket.left -= 1
      return {
        giveBack: (share = 1) => {
          const now = filled(who)
          now.left = Math.min(burst, now.left + share)
        },
      }
    },
    remembered: () => buckets.size,
  }
}
