import { newId } from '#lib/random.ts'
import type { Clock } from '#lib/clock.ts'

// Each nonce of a token is taken once. Redis tells all gateways; while it is away, each gateway remembers its own, bounded:
// a replay to another gateway would then pass, but money still moves once, because of the idempotency keys.
export interface NonceStore {
  /** The value that was there, or null when ours was set, to live for ttl_ms. */
  setIfAbsent(key: string, value: string, ttl_ms: number): Promise<string | null>
}

export interface NonceOptions {
  store: NonceStore
  clock: Clock
  /** Twice the allowed skew, and some: afterwards the timestamp refuses a replay. */
  ttl_ms: number
  /** Nonces remembered in the process while the store is away; beyond it the oldest are forgotten. */
  remembered_max: number
  /** How long the store is left alone after it failed, so that requests do not all wait for its time-out. */
  retry_store_after_ms: number
  onFallback: (error: unknown) => void
}

/** `claim` is true the first time, false for a replay; it never fails. */
export function nonces(options: NonceOptions): { claim(jti: string, nonce: string): Promise<boolean> } {
  const { store, clock, ttl_ms, remembered_max } = options
  const remembered = new Map<string, number>()
  let storeAwayUntil_ms = 0

  const remember = (key: string): boolean => {
    const now_ms = clock.monotonic_ms()
    // The map is in order of insertion and all live equally long: what has expired is in front.
    for (const [oldest, expires_ms] of remembered) {
      if (expires_ms > now_ms && remembered.size < remembered_max) break
      remembered.delete(oldest)
    }
    if (remembered.has(key)) return false
    remembered.set(key, now_ms + ttl_ms)
    return true
  }

  return {
    claim: async (jti, nonce) => {
      const key = `nonce:${jti}:${nonce}`
      if (remembered.size > 0 && (remembered.get(key) ?? 0) > clock.monotonic_ms()) return false
      if (clock.monotonic_ms() >= storeAwayUntil_ms) {
        // A value of our own: a command that the client sent twice, over a broken connection, meets itself and not a replay.
        const mine = newId()
        try {
          const found = await store.setIfAbsent(key, mine, ttl_ms)
          return found === null || found === mine
        } catch (error) {
          storeAwayUntil_ms = clock.monotonic_ms() + options.retry_store_after_ms
          options.onFallback(error)
        }
      } else options.onFallback(undefined)
      return remember(key)
    },
  }
}
