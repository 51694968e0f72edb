import { Problem } from '#sut/contracts/problems.ts'

// What a player has asked to be protected from. Pure: the time is an argument, in whole milliseconds since the epoch.
//
//   stricter ──► counts at once          looser (higher, or none) ──► waits a day, and can be taken back until then
export interface Care {
  /** Most that may be lost in a day; null: no limit. */
  daily_loss_max_minor: number | null
  pending: { daily_loss_max_minor: number | null; effective_at_ms: number } | null
  excluded_until_ms: number | null
}

export const no_care: Care = { daily_loss_max_minor: null, pending: null, excluded_until_ms: null }

const day_ms = 24 * 60 * 60 * 1000
/** Time to think again: a higher limit counts only after it. */
export const raise_after_ms = day_ms

/** The day of a loss limit: number of the calendar day in UTC. */
export const dayOf = (at_ms: number): number => Math.floor(at_ms / day_ms)

/** As it is now: what waited long enough counts, and what is over is gone. */
export function careAt({ daily_loss_max_minor, pending, excluded_until_ms }: Care, now_ms: number): Care {
  const due = pending !== null && pending.effective_at_ms <= now_ms
  return {
    daily_loss_max_minor: due ? pending.daily_loss_max_minor : daily_loss_max_minor,
    pending: due ? null : pending,
    excluded_until_ms: excluded_until_ms !== null && excluded_until_ms > now_ms ? excluded_until_ms : null,
  }
}

/** After the player asked for this limit. Asking again for what waits already does not make it wait longer. */
export function withLimit(care: Care, wanted_minor: number | null, now_ms: number): Care {
  const current = careAt(care, now_ms)
  const max_minor = current.daily_loss_max_minor
  if (isLooser(wanted_minor, max_minor)) {
    if (current.pending !== null && current.pending.daily_loss_max_minor === wanted_minor) return current
    return { ...current, pending: { daily_loss_max_minor: wanted_minor, effective_at_ms: now_ms + raise_after_ms } }
  }
  return { ...current, daily_loss_max_minor: wanted_minor, pending: null }
}

const isLooser = (wanted_minor: number | null, max_minor: number | null): boolean =>
  max_minor !== null && (wanted_minor === null || wanted_minor > max_minor)

/** After the player excluded himself for so many days: never for less than before. */
export function withExclusion(care: Care, days: number, now_ms: number): Care & { excluded_until_ms: number } {
  const current = careAt(care, now_ms)
  return { ...current, excluded_until_ms: Math.max(current.excluded_until_ms ?? 0, now_ms + days * day_ms) }
}

/** Throws Problem self_excluded. */
export function assertNotExcluded(care: Care, now_ms: number): void {
  const { excluded_until_ms } = careAt(care, now_ms)
  if (excluded_until_ms !== null) throw excluded(excluded_until_ms)
}

export const excluded = (until_ms: number): Problem =>
  new Problem('self_excluded', `the player has excluded himself until ${new Date(until_ms).toISOString()}`)
