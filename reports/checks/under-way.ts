import type { Operation } from './evidence.ts'

// When operations were under way, as their clients saw it: all clients of a run share one clock.

const moving = new Set(['deposit', 'spin', 'withdraw', 'ask_payout', 'confirm_payout', 'cancel_payout'])

/** Whether it moves money of its player's account, or sets some of it aside. */
export const movesMoney = ({ kind }: Operation): boolean => moving.has(kind)

const begin_ms = ({ invoke }: Operation): number => invoke.at_ms
/** When its client knew something, or gave up; what was never answered counts for the moment of its question alone. */
const end_ms = ({ invoke, end }: Operation): number => end?.at_ms ?? invoke.at_ms

export const together = (one: Operation, other: Operation): boolean =>
  begin_ms(one) < end_ms(other) && begin_ms(other) < end_ms(one)

/**
 * Those that were under way together with another one of their group. Sorted by their begin, one overlaps a later one if it overlaps
 * the next, and an earlier one if it begins before the last end so far:
 *
 *     ├────── 1 ──────┤
 *        ├─ 2 ─┤  ├─ 3 ─┤          3 begins after the end of 2, and before that of 1
 */
export function overlapping(groups: Iterable<readonly Operation[]>): Set<Operation> {
  const found = new Set<Operation>()
  for (const group of groups) {
    if (group.length < 2) continue
    const sorted = group.toSorted((one, other) => begin_ms(one) - begin_ms(other))
    let last: Operation | undefined
    for (const [index, operation] of sorted.entries()) {
      const next = sorted[index + 1]
      if ((next !== undefined && together(operation, next)) || (last !== undefined && together(operation, last)))
        found.add(operation)
      if (last === undefined || end_ms(operation) > end_ms(last)) last = operation
    }
  }
  return found
}
