/** Versions from…to of an account, all applied, with the balance after `to`. */
export interface Applied {
  from: number
  to: number
  balance_minor: bigint
}

/**
 * Marks one version as applied, in place; false when it already was. `applied` stays sorted and its ranges never touch:
 *
 *   1–4 · 6–7 · 9      + 5 →   1–7 · 9
 *
 * Account versions have no gaps, so what is late is all that keeps the list longer than one range: its length is at most
 * one more than the number of events that are on their way.
 */
export function applyVersion(applied: Applied[], version: number, balance_minor: bigint): boolean {
  let index = applied.length
  while (index > 0 && applied[index - 1]!.from > version) index--
  const before = applied[index - 1]
  const after = applied[index]
  if (before !== undefined && version <= before.to) return false

  const joinsBefore = before?.to === version - 1
  const joinsAfter = after?.from === version + 1
  if (joinsBefore && joinsAfter) applied.splice(index - 1, 2, { ...after, from: before.from })
  else if (joinsBefore) Object.assign(before, { to: version, balance_minor })
  else if (joinsAfter) after.from = version
  else applied.splice(index, 0, { from: version, to: version, balance_minor })
  return true
}

/** The state up to which nothing is missing: version 0 and balance 0 before version 1 has come. */
export function contiguous(applied: readonly Applied[]): { version: number; balance_minor: bigint } {
  const first = applied[0]
  return first?.from === 1
    ? { version: first.to, balance_minor: first.balance_minor }
    : { version: 0, balance_minor: 0n }
}
