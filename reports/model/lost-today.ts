import type { StateOf } from '#sut/contracts/state.ts'
import type { Evidence } from '../checks/evidence.ts'
import { lowerBound } from '../measure/statistics.ts'
import { askedBy, spinsFor } from './askers.ts'
import { dayOf, limitInForce, type Care } from './care.ts'

// What counts against the loss limit of a day: of each round its stake from when it is taken, less what it won from when that is heard
// of. It counts when a limit was in force then; a round that began before the limit was known may count, or not.

/** Least and most that can be said to be lost, in minor units, by whoever asks at `from_ms` and is answered at `to_ms`. */
export type LostBetween = (from_ms: number, to_ms: number) => [least: number, most: number] | undefined

/** Of one player. Undefined: for a question that two days can answer. Sorted once, and then a bisection for each question. */
export function lostBetween(rounds: readonly StateOf<'round'>[], care: Care, evidence: Evidence): LostBetween {
  const asked = rounds.map((round) => {
    const { from_ms, known_ms } = askedBy(spinsFor(round, evidence))
    const net_minor = round.status === 'cancelled' ? 0 : round.stake_minor - (round.win_minor ?? 0)
    const counts = round.status === 'completed' && limitInForce(care, from_ms, 0) !== null
    return { from_ms, known_ms, stake_minor: round.stake_minor, least_minor: Math.min(0, net_minor), net_minor, counts }
  })
  const byDay = Map.groupBy(
    asked.filter(({ from_ms }) => Number.isFinite(from_ms)),
    ({ from_ms }) => dayOf(from_ms),
  )
  const days = new Map(
    [...byDay].map(([day, own]) => {
      const most = sumsOf(own, 'from_ms', ({ stake_minor }) => stake_minor)
      const least = sumsOf(own, 'from_ms', ({ least_minor }) => least_minor)
      const surely = own.filter(({ counts }) => counts)
      const more = sumsOf(surely, 'known_ms', ({ net_minor, least_minor }) => net_minor - least_minor)
      return [day, { most, least, more }]
    }),
  )
  return (from_ms, to_ms) => {
    if (dayOf(from_ms) !== dayOf(to_ms)) return undefined
    const of = days.get(dayOf(from_ms))
    return of === undefined ? [0, 0] : [of.least(to_ms) + of.more(from_ms), of.most(to_ms)]
  }
}

/** The sum over all whose instant is before one. */
function sumsOf<Instant extends string, Item extends Readonly<Record<Instant, number>>>(
  items: readonly Item[],
  instant: Instant,
  amount: (item: Item) => number,
): (before_ms: number) => number {
  const sorted = items.toSorted((one, other) => one[instant] - other[instant])
  const sums = [0]
  for (const item of sorted) sums.push(sums.at(-1)! + amount(item))
  return (before_ms) => sums[lowerBound(sorted, before_ms, (item) => item[instant])]!
}
