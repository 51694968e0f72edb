import { Failure } from '#lib/errors.ts'
import { WaitedTooLong, waitFor } from '#lib/wait.ts'

export interface Sight {
  fault: string
  /** What is waited for. */
  what: string
  limit_ms: number
  every_ms?: number
  /** What is seen instead, once the limit is over. */
  otherwise: () => string
}

/** Waits until what a fault must do is seen. Throws FAULT_NOT_EFFECTIVE with what is seen instead. */
export async function mustSee(
  seen: () => Promise<boolean>,
  { fault, what, limit_ms, every_ms, otherwise }: Sight,
): Promise<void> {
  try {
    await waitFor(seen, { what, limit_ms, ...(every_ms !== undefined && { every_ms }) })
  } catch (error) {
    if (!(error instanceof WaitedTooLong)) throw error
    throw new Failure('FAULT_NOT_EFFECTIVE', `${fault}: ${otherwise()}`)
  }
}
