import { textOf } from '#lib/errors.ts'
import { pause } from '#lib/wait.ts'
import type { Holds } from './holds.ts'

// The time of every hold ends. Each instance of the wallet looks for holds whose time is over; a claim is a lease, so that
// instances share the work, and what one of them dies with comes again. That exactly one end happens is the database's business.
const lease_ms = 3_000
const every_ms = 500
const batch = 20

type Parts = Pick<Holds, 'claim' | 'expire'>

/** One claim: how many holds were taken, and what could not be ended now (their leases run out, they come again). */
export async function endOnce(
  holds: Parts,
  limits: { batch: number; lease_ms: number },
): Promise<{ claimed: number; failed: string[] }> {
  const claimed = await holds.claim(limits.batch, limits.lease_ms)
  const failed: string[] = []
  // One after the other: players wait for the same connections.
  for (const hold of claimed) await holds.expire(hold).catch((error: unknown) => failed.push(textOf(error)))
  return { claimed: claimed.length, failed }
}

/** Until the signal aborts. Throws when the database is away: the platform starts it again with back-off. */
export async function holdEnder(holds: Parts, report: (failed: string[]) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { claimed, failed } = await endOnce(holds, { batch, lease_ms })
    if (failed.length > 0) report(failed)
    if (claimed < batch) await pause(every_ms, signal)
  }
}
