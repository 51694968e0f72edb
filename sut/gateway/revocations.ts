import { pause } from '#lib/wait.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Platform } from '#sut/platform/platform.ts'

const deadline_ms = 1_500

export interface Revocations {
  /**
   * Asks identity first when there is no list, or one that is too old: throws what the call throws. So nobody is let in by a gateway that
   * has not heard from identity for that long, and the first request after it does not wait for the next renewal.
   */
  has(jti: string): Promise<boolean>
  /** Renews the list until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>
}

interface List {
  jtis: ReadonlySet<string>
  /** What was revoked before this is on it: when it was asked for, not when it came. */
  asked_ms: number
}

/** Tokens that are valid no more though they have not expired: identity's list, so that no request has to ask for it. */
export function revocations(
  { call, clock }: Pick<Platform, 'call' | 'clock'>,
  options: {
    /** How often it is renewed: a token that was revoked is refused everywhere after this, and the time of one call. */
    every_ms: number
    /** Whatever fails, it is refused everywhere after this: an older list counts for nothing. */
    good_for_ms: number
    onFailure: (error: unknown) => void
  },
): Revocations {
  let newest: List | undefined
  let asking: Promise<List> | undefined

  const ask = async (): Promise<List> => {
    const asked_ms = clock.monotonic_ms()
    const { jtis } = await call('identity.revoked', { deadline_ms: asked_ms + deadline_ms })
    return (newest = { jtis: new Set(jtis), asked_ms })
  }
  const askOnce = (): Promise<List> => (asking ??= ask().finally(() => (asking = undefined)))
  const isGood = (list: List): boolean => clock.monotonic_ms() - list.asked_ms <= options.good_for_ms
  /** The second time: this process may have stood still while the first answer came. */
  const good = async (): Promise<List> => {
    for (let attempt = 0; attempt < 2; attempt++) {
      const list = await askOnce()
      if (isGood(list)) return list
    }
    throw new Problem('unavailable', 'which tokens are revoked is not known: try again')
  }

  return {
    has: async (jti) => {
      const list = newest !== undefined && isGood(newest) ? newest : await good()
      return list.jtis.has(jti)
    },
    follow: async (signal) => {
      for (;;) {
        await pause(options.every_ms, signal)
        await askOnce().catch(options.onFailure)
      }
    },
  }
}
