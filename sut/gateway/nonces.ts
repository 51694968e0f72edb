import { newId } from '#lib/random.ts'
import type { Clock } from '#lib/clock.ts'
import type { NonceClaim } from '#sut/contracts/bodies.ts'
import { Problem } from '#sut/contracts/problems.ts'

// Each nonce of a token is taken once, for as long as its timestamp could be accepted:
//
//   own memory   what this gateway admitted itself: whatever becomes of Redis, it is not admitted here again
//   Redis        what any gateway admitted
//   identity     what any gateway admitted while Redis was away, and a little longer; told to Redis when it is back
//   signature    is for one region (signature.ts): what gateways of other regions admitted is refused without asking anybody
//
//   shared ──Redis does not answer──► away: identity ──it answers again──► returning: both, for returning_ms ──► shared
//
// Of what was admitted before Redis was lost identity knows nothing, so away and returning a request is refused that was signed before:
// whoever sent it signs anew. docs/decisions/011 and 014.
export interface NonceStore {
  /** The value that was there, or null when ours was set, to live for ttl_ms. Throws StoreLate when it did not answer in time. */
  setIfAbsent: (key: string, value: string, ttl_ms: number) => Promise<string | null>
}

export interface NonceOptions {
  store: NonceStore
  /** Whether the nonce is this claim's, for all gateways. Throws Problem. */
  claimElsewhere: (claim: NonceClaim) => Promise<boolean>
  /** Of what a gateway remembers itself, what it goes by: all of it. `shared`: the store answers. */
  knows?: (remembered: boolean, shared: boolean) => boolean
  clock: Clock
  /** Twice the allowed skew, and some: afterwards the timestamp refuses a replay. */
  ttl_ms: number
  /** Nonces in memory. One that is full refuses what is new, rather than forget what could be sent again. */
  remembered_max: number
  /** How often a request was admitted without the store, or its loss was noticed. */
  onFallback: (error: unknown) => void
}

export interface Nonces {
  /**
   * Whether the nonce is claimed now, and was not before. `signed_ms`: when the request says it was signed. Throws Problem unavailable when
   * the memory is full, and when it cannot be known.
   */
  claim(jti: string, nonce: string, signed_ms: number): Promise<boolean>
  /** To be called every settle_every_ms: sees whether the store answers, and tells it what it has missed. Never fails. */
  settle(): Promise<void>
  /** Whether nothing that can still be sent again was admitted before this process began and is unknown to it. */
  complete(): Promise<boolean>
}

/** The store was reached and did not answer in time: it may be there, and this machine or that one is busy. */
export class StoreLate extends Error {}

export const settle_every_ms = 500
/** Another gateway notices later that the store is back: so long both are asked. More than it takes to look, and to be told. */
const returning_ms = 3_000
/** A store that answered a moment ago is not given up for one late answer. */
const late_answers_max = 4
/** Of what is only written to see whether the store can be reached. */
const probe_ttl_ms = 1_000
/** Told to the store at once when it is back. */
const told_at_once = 100

export function nonces(options: NonceOptions): Nonces {
  const { store, claimElsewhere, knows = (is) => is, clock, ttl_ms, remembered_max, onFallback } = options
  /** When each expires. In order of insertion, and all live equally long: what has expired is in front. */
  const remembered = new Map<string, number>()
  /** Those of them that the store has not heard of. */
  const untold = new Set<string>()
  let state: 'shared' | 'away' | 'returning' = 'shared'
  /** By the wall clock, when the store was lost. */
  let lost_ms = -Infinity
  let back_ms = -Infinity
  const began_ms = clock.monotonic_ms()
  let complete = false

  const forgetExpired = (now_ms: number): void => {
    for (const [oldest, expires_ms] of remembered) {
      if (expires_ms > now_ms) return
      remembered.delete(oldest)
      untold.delete(oldest)
    }
  }

  const lose = (error: unknown): void => {
    // Lost again while it returns: what was admitted meanwhile identity knows too.
    if (state === 'shared') lost_ms = clock.wall_ms()
    state = 'away'
    onFallback(error)
  }

  const ask = async (key: string, value: string, left_ms: number): Promise<string | null> => {
    for (let tries = 1; ; tries++)
      try {
        return await store.setIfAbsent(key, value, left_ms)
      } catch (error) {
        if (!(error instanceof StoreLate) || state === 'away' || tries === late_answers_max) throw error
      }
  }

  /** null: it cannot be asked. */
  const claimInStore = async (key: string, mine: string): Promise<boolean | null> => {
    if (state === 'away') return null
    try {
      const found = await ask(key, mine, ttl_ms)
      return found === null || found === mine
    } catch (error) {
      lose(error)
      return null
    }
  }

  const tell = async (): Promise<void> => {
    while (untold.size > 0) {
      const now_ms = clock.monotonic_ms()
      const some = [...untold.values().take(told_at_once)]
      const left_ms = (key: string): number => Math.max(1, Math.ceil((remembered.get(key) ?? 0) - now_ms))
      await Promise.all(some.map((key) => ask(key, newId(), left_ms(key))))
      for (const key of some) untold.delete(key)
    }
  }

  const probe = (): Promise<string | null> => ask(`nonce:probe:${newId()}`, newId(), probe_ttl_ms)

  return {
    claim: async (jti, nonce, signed_ms) => {
      const key = `nonce:${jti}:${nonce}`
      const now_ms = clock.monotonic_ms()
      forgetExpired(now_ms)
      if (knows(remembered.has(key), state === 'shared')) return false
      if (remembered.size >= remembered_max) throw new Problem('unavailable', 'no more requests can be admitted now')
      // Before anything is waited for: the same request may come again at this moment.
      remembered.set(key, now_ms + ttl_ms)
      // A value of our own: a command that was sent twice, over a broken connection, meets itself and not a replay.
      const mine = newId()
      const first = await claimInStore(key, mine)
      if (first === false) return false
      if (first === null) untold.add(key)
      if (first === true && state === 'shared') return true
      if (signed_ms < lost_ms)
        throw new Problem('unavailable', 'nobody can tell now whether this came before: sign it anew')
      return claimElsewhere({ key, claim: mine, ttl_ms })
    },
    async settle() {
      try {
        await probe()
        if (state === 'away') {
          state = 'returning'
          back_ms = clock.monotonic_ms()
        }
        await tell()
        if (state === 'returning' && clock.monotonic_ms() - back_ms >= returning_ms) state = 'shared'
      } catch (error) {
        if (state !== 'away') lose(error)
      }
    },
    complete: async () => {
      complete ||= clock.monotonic_ms() - began_ms >= ttl_ms
      if (complete) return true
      return (complete = await probe().then(
        () => true,
        () => false,
      ))
    },
  }
}
