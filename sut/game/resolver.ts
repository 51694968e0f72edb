import { textOf } from '#lib/errors.ts'
import { pause } from '#lib/wait.ts'
import { finish, type RoundParts } from './rounds.ts'

// Every round ends. Each instance of the game looks for rounds that their requests have left behind; a claim is a lease, so
// that instances share the work and a resolver that dies with a round gives it back.
export const resolve_after_ms = 3000
/** Longer than the calls of one claim, so that a round is worked on once at a time. */
const lease_ms = 3000
const call_ms = 2000
const every_ms = 500
const batch = 20

/** One claim: how many rounds were taken, and what could not be finished now (their leases run out, they come again). */
export async function resolveOnce(
  parts: RoundParts,
  limits: { batch: number; lease_ms: number },
): Promise<{ claimed: number; failed: string[] }> {
  const rounds = await parts.store.claim(limits.batch, limits.lease_ms)
  const deadline_ms = parts.clock.monotonic_ms() + call_ms
  const results = await Promise.allSettled(rounds.map((round) => finish(round, parts, deadline_ms)))
  return {
    claimed: rounds.length,
    failed: results.flatMap((result) => (result.status === 'rejected' ? [textOf(result.reason)] : [])),
  }
}

/** Until the signal aborts. Throws when the database is away: the platform starts it again with back-off. */
export async function resolver(
  parts: RoundParts,
  report: (failed: string[]) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { claimed, failed } = await resolveOnce(parts, { batch, lease_ms })
    if (failed.length > 0) report(failed)
    if (claimed < batch) await pause(every_ms, signal)
  }
}
