import { pause } from '#lib/wait.ts'
import type { Platform } from '#sut/platform/platform.ts'

const deadline_ms = 1_500

export interface Revocations {
  /** Asks identity first when no list has ever come: throws what the call throws. */
  has(jti: string): Promise<boolean>
  /** Renews the list until the signal aborts. While identity is away the last one stays. */
  follow(signal: AbortSignal): Promise<void>
}

/** Tokens that are valid no more though they have not expired: identity's list, so that no request has to ask for it. */
export function revocations(
  { call, clock }: Pick<Platform, 'call' | 'clock'>,
  options: {
    /** A token that was revoked is refused everywhere after this, and the time of one call. */
    every_ms: number
    onFailure: (error: unknown) => void
  },
): Revocations {
  let revoked: ReadonlySet<string> | undefined
  let asking: Promise<ReadonlySet<string>> | undefined

  const ask = async (): Promise<ReadonlySet<string>> => {
    const { jtis } = await call('identity.revoked', { deadline_ms: clock.monotonic_ms() + deadline_ms })
    return (revoked = new Set(jtis))
  }
  return {
    has: async (jti) => (revoked ?? (await (asking ??= ask().finally(() => (asking = undefined))))).has(jti),
    follow: async (signal) => {
      for (;;) {
        await pause(options.every_ms, signal)
        await ask().catch(options.onFailure)
      }
    },
  }
}
