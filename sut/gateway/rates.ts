import type { Clock } from '#lib/clock.ts'
import { Problem, type ProblemCode } from '#sut/contracts/problems.ts'

// How often somebody may ask. No request waits for Redis: each gateway counts by itself, tells Redis twice a second what is new, and
// hears in the answer what all of them have counted. So together they let through little more than the limit: what comes in half a
// second, and the tenth that each keeps to itself. While Redis is away each one goes on alone, with the same limits.
//
//   in the sliding window = of this window + of the one before × the part of it that the sliding window still covers
//
// The approximation by two counters is from Cloudflare, How we built rate limiting capable of scaling to millions of domains, 2017.

/**
 * Requests of a player, of an address, of all; spins of a player; of an address, logins and registrations, and what no client of ours
 * sends (door.ts).
 */
export type RateScope = 'player' | 'address' | 'all' | 'spins' | 'logins' | 'abuse'
const refusedWith: Readonly<Record<RateScope, ProblemCode>> = {
  player: 'too_many_requests',
  address: 'too_many_requests',
  all: 'too_many_requests',
  spins: 'spins_too_fast',
  logins: 'too_many_requests',
  abuse: 'abuse_suspected',
}

export interface RateStore {
  /** Adds to each key, which lives for ttl_ms more, and returns what they hold then, in the same order. */
  add(counts: readonly { key: string; by: number }[], ttl_ms: number): Promise<number[]>
}

export interface RatesOptions {
  store: RateStore
  clock: Clock
  window_ms: number
  /** Requests in a window. */
  most: Readonly<Record<RateScope, number>>
  /** Who is remembered; beyond it those are forgotten that began to ask the longest time ago. */
  remembered_max: number
  onFallback: (error: unknown) => void
  /** Whether one more is let through, after what was counted. */
  admits?: (below: boolean, scope: RateScope) => boolean
}

export interface Rates {
  /** Throws Problem, with the code of the scope; what is refused does not count. */
  take(scope: RateScope, who: string): void
  /** Throws as `take` does, and counts nothing. */
  assertBelow(scope: RateScope, who: string): void
  /** Counts, also above the limit. */
  count(scope: RateScope, who: string): void
  /** To be called twice a second or so. Never fails. */
  share(): Promise<void>
}

interface Counter {
  window: number
  /** Let through here in this window, and how much of it the store has heard of. */
  mine: number
  told: number
  /** Let through by other gateways in this window, as far as they have told. */
  others: number
  /** All of the window before. */
  before: number
}

/** Who is far from a limit is not worth a word to the others. */
const told_from_share = 0.1
/** One command to the store stays small; who is left out comes next time. */
const told_at_once_max = 1_000

export function rates(options: RatesOptions): Rates {
  const { store, clock, window_ms, most, remembered_max, onFallback, admits = (below) => below } = options
  const counters = new Map<string, Counter>()

  const counterOf = (name: string, window: number): Counter => {
    const known = counters.get(name)
    if (known?.window === window) return known
    const before = known?.window === window - 1 ? known.mine + known.others : 0
    const counter = { window, mine: 0, told: 0, others: 0, before }
    counters.delete(name) // so that the order is that of the windows
    for (const oldest of counters.keys()) {
      if (counters.size < remembered_max) break
      counters.delete(oldest)
    }
    counters.set(name, counter)
    return counter
  }

  const assertBelow = (scope: RateScope, who: string): Counter => {
    const now_ms = clock.wall_ms()
    const window = Math.floor(now_ms / window_ms)
    const counter = counterOf(`${scope}:${who}`, window)
    const still_covered = 1 - (now_ms / window_ms - window)
    if (!admits(counter.mine + counter.others + counter.before * still_covered < most[scope], scope))
      throw new Problem(refusedWith[scope], `more than ${most[scope]} in ${window_ms / 1000} s: wait a little`)
    return counter
  }

  return {
    take: (scope, who) => void assertBelow(scope, who).mine++,
    assertBelow: (scope, who) => void assertBelow(scope, who),
    count: (scope, who) => void counterOf(`${scope}:${who}`, Math.floor(clock.wall_ms() / window_ms)).mine++,
    async share() {
      const window = Math.floor(clock.wall_ms() / window_ms)
      const news = [...counters]
        .filter(
          ([name, { window: of, mine, told, others, before }]) =>
            of === window &&
            mine > told &&
            mine + others + before >= told_from_share * most[name.split(':', 1)[0] as RateScope],
        )
        .slice(0, told_at_once_max)
        .map(([name, counter]) => ({ key: `rate:${name}:${window}`, by: counter.mine - counter.told, counter }))
      if (news.length === 0) return
      try {
        const totals = await store.add(news, 2 * window_ms)
        for (const [index, { counter, by }] of news.entries()) {
          counter.told += by
          counter.others = Math.max(0, (totals[index] ?? 0) - counter.told)
        }
      } catch (error) {
        onFallback(error)
      }
    },
  }
}
