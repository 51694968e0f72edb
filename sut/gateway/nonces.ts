import { newId } from '#lib/random.ts'
import type { Clock } from '#lib/clock.ts'
import { Problem } from '#sut/contracts/problems.ts'

// Each nonce of a token is taken once, for as long as its timestamp could be accepted:
//
//   own memory   what this gateway admitted itself: whatever becomes of Redis, it is not admitted here again
//   Redis        what any gateway admitted; what was admitted while Redis was away is told to it when it is back
//   signature    is for one region (signature.ts): what gateways of other regions admitted is refused without asking anybody
//
// So a region with one gateway needs no Redis for this. One that starts serves nothing before it has reached Redis, or what its
// predecessor admitted is too old by now. Where a region has several gateways and Redis is away, nobody knows what the other one
// admitted: docs/decisions/011 says what can happen then. Operators' requests are refused until nonces are shared again (door.ts).
export interface NonceStore {
  /** The value that was there, or null when ours was set, to live for ttl_ms. Throws StoreLate when it did not answer in time. */
  setIfAbsent: (key: string, value: string, ttl_ms: number) => Promise<string | null>
}

export interface NonceOptions {
  store: NonceStore
  /** Of what a gateway remembers itself, what it goes by: all of it. `shared`: the store has answered the last time. */
  knows?: (remembered: boolean, shared: boolean) => boolean
  clock: Clock
  /** Twice the allowed skew, and some: afterwards the timestamp refuses a replay. */
  ttl_ms: number
  /** Nonces in memory. One that is full refuses what is new, rather than forget what could be sent again. */
  remembered_max: number
  /** How long the store is left alone after it failed, so that requests do not all wait for its time-out. */
  retry_store_after_ms: number
  onFallback: (error: unknown) => void
}

/** first: nowhere before; first_here: not by this gateway, and of others nobody can tell now; again: a replay. */
export type Claim = 'first' | 'first_here' | 'again'

export interface Nonces {
  /** Throws Problem unavailable when the memory is full. */
  claim(jti: string, nonce: string): Promise<Claim>
  /** Whether nothing that can still be sent again was admitted before this process began and is unknown to it. */
  complete(): Promise<boolean>
}

/** The store was reached and did not answer in time: it may be there, and this machine or that one is busy. */
export class StoreLate extends Error {}

/** A store that answered a moment ago is not given up for one late answer: until then a replay could pass, at another gateway. */
const late_answers_max = 4
/** Of what is only written to see whether the store can be reached. */
const started_ttl_ms = 1_000
/** Told to the store at once when it is back. */
const told_at_once = 100

export function nonces(options: NonceOptions): Nonces {
  const { store, knows = (is) => is, clock, ttl_ms, remembered_max } = options
  /** When each expires. In order of insertion, and all live equally long: what has expired is in front. */
  const remembered = new Map<string, number>()
  /** Those of them that the store has not heard of. */
  const untold = new Set<string>()
  let storeAwayUntil_ms = -Infinity
  let answered = true
  const began_ms = clock.monotonic_ms()
  let complete = false
  let telling = false

  const forgetExpired = (now_ms: number): void => {
    for (const [oldest, expires_ms] of remembered) {
      if (expires_ms > now_ms) return
      remembered.delete(oldest)
      untold.delete(oldest)
    }
  }

  const tell = async (): Promise<void> => {
    if (telling || untold.size === 0) return
    telling = true
    try {
      while (untold.size > 0) {
        const now_ms = clock.monotonic_ms()
        const some = [...untold.values().take(told_at_once)]
        const left_ms = (key: string): number => Math.max(1, Math.ceil((remembered.get(key) ?? 0) - now_ms))
        await Promise.all(some.map((key) => store.setIfAbsent(key, newId(), left_ms(key))))
        for (const key of some) untold.delete(key)
      }
    } catch {
      // Away again: the next request that reaches it tells the rest.
    } finally {
      telling = false
    }
  }

  const askedAgain = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++)
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof StoreLate) || !answered || tries === late_answers_max) throw error
      }
  }

  const claimInStore = async (key: string): Promise<Claim> => {
    if (clock.monotonic_ms() < storeAwayUntil_ms) {
      options.onFallback(undefined)
      return 'first_here'
    }
    // A value of our own: a command that the client sent twice, over a broken connection, meets itself and not a replay.
    const mine = newId()
    try {
      const found = await askedAgain(() => store.setIfAbsent(key, mine, ttl_ms))
      answered = true
      void tell()
      return found === null || found === mine ? 'first' : 'again'
    } catch (error) {
      answered = false
      storeAwayUntil_ms = clock.monotonic_ms() + options.retry_store_after_ms
      options.onFallback(error)
      return 'first_here'
    }
  }

  return {
    claim: async (jti, nonce) => {
      const key = `nonce:${jti}:${nonce}`
      const now_ms = clock.monotonic_ms()
      forgetExpired(now_ms)
      if (knows(remembered.has(key), now_ms >= storeAwayUntil_ms)) return 'again'
      if (remembered.size >= remembered_max) throw new Problem('unavailable', 'no more requests can be admitted now')
      // Before anything is waited for: the same request may come again at this moment.
      remembered.set(key, now_ms + ttl_ms)
      const claimed = await claimInStore(key)
      if (claimed === 'first_here') untold.add(key)
      return claimed
    },
    complete: async () => {
      complete ||= clock.monotonic_ms() - began_ms >= ttl_ms
      if (complete) return true
      const reached = store.setIfAbsent(`nonce:started:${newId()}`, newId(), started_ttl_ms)
      return (complete = await reached.then(
        () => true,
        () => false,
      ))
    },
  }
}
