import type { StateOf } from '#sut/contracts/state.ts'
import { ended, numberIn, type Evidence, type Operation } from '../checks/evidence.ts'
import type { State } from '../record/record.ts'
import { askersOf, nobody, type Asked } from './askers.ts'

// The ledger records in which order an account changed: its versions. The history bounds when each of them was committed:
//
//   version        1        2             3
//   possible from  ├────────┼─────────────┼──────►   the latest `from` up to it: no version comes before its own request, nor before
//   certain at     ◄────────┴─────────────┤          the version below it; and the earliest `known` from it on
//
// So the states that an account can have been in at an instant are the versions from `certain` to `possible`. Everything is found by
// bisection: n log n in all.

export type Entry = StateOf<'entry'>

export interface Timeline {
  /** By version: 1, 2, 3 … (their gaps are found elsewhere). */
  entries: readonly Entry[]
  asked: readonly Asked[]
  /** Of the first n entries, 0 … length: the latest of their requests, and the earliest proof that all of them are there. */
  possible_ms: Float64Array
  certain_ms: Float64Array
  /** Position behind the entry of a version: how many entries there are up to it; undefined: there is no such version. */
  after(version: number): number | undefined
  /** Most entries that can have been there at this instant, and fewest that must have been there before it. */
  most(at_ms: number): number
  fewest(before_ms: number): number
  /** Balance after the first n entries. */
  balance(count: number): number
}

const made = new WeakMap<Evidence, ReadonlyMap<string, Timeline>>()

/** Of every player's account, by player; made once for an evidence. */
export function timelinesOf(state: State, evidence: Evidence): ReadonlyMap<string, Timeline> {
  const known = made.get(evidence)
  if (known !== undefined) return known
  const told = Map.groupBy(evidence.operations.filter(tellsVersion), ({ player_id }) => player_id)
  const own = state.entry.filter(({ account }) => account.startsWith('player:'))
  const timelines = new Map<string, Timeline>()
  for (const [account, entries] of Map.groupBy(own, (entry) => entry.account)) {
    const player_id = account.slice('player:'.length)
    timelines.set(player_id, timelineOf(entries, told.get(player_id) ?? [], evidence))
  }
  made.set(evidence, timelines)
  return timelines
}

const tellsVersion = (operation: Operation): boolean =>
  ended(operation, 'ok') && numberIn(operation.end?.value, 'version') !== undefined

export const emptyTimeline: Timeline = timelineOf([], [], undefined)

function timelineOf(unordered: readonly Entry[], told: readonly Operation[], evidence: Evidence | undefined): Timeline {
  const entries = unordered.toSorted((one, other) => one.version - other.version)
  const positions = new Map(entries.map(({ version }, index) => [version, index + 1]))
  const asked = entries.map((entry) => askedFor(entry, evidence))
  const possible_ms = new Float64Array(entries.length + 1).fill(-Infinity)
  const certain_ms = new Float64Array(entries.length + 1).fill(Infinity)
  certain_ms[0] = -Infinity
  for (const [index, { from_ms, known_ms }] of asked.entries()) {
    possible_ms[index + 1] = Math.max(possible_ms[index]!, from_ms)
    certain_ms[index + 1] = known_ms
  }
  for (const { end } of told) {
    const position = positions.get(end!.value['version'] as number)
    if (position !== undefined) certain_ms[position] = Math.min(certain_ms[position]!, end!.at_ms)
  }
  for (let count = entries.length - 1; count > 0; count--)
    certain_ms[count] = Math.min(certain_ms[count]!, certain_ms[count + 1]!)
  return {
    entries,
    asked,
    possible_ms,
    certain_ms,
    after: (version) => (version === 0 ? 0 : positions.get(version)),
    most: (at_ms) => lastWhere(possible_ms, (each) => each <= at_ms),
    fewest: (before_ms) => lastWhere(certain_ms, (each) => each < before_ms),
    balance: (count) => entries[count - 1]?.balance_after_minor ?? 0,
  }
}

function askedFor({ transfer_id }: Entry, evidence: Evidence | undefined): Asked {
  const transfer = evidence?.transferById.get(transfer_id)
  return transfer === undefined || evidence === undefined ? nobody : askersOf(transfer, evidence)
}

/** The last index for which a condition holds that holds up to somewhere, and not after; 0 when for none. */
export function lastWhere(values: Float64Array, holds: (value: number) => boolean): number {
  let low = 0
  let high = values.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (holds(values[middle]!)) low = middle
    else high = middle
  }
  return low
}

/** Lowest of the values from `from` to `to`, both included, for many such questions: the sparse table of range minima. */
export function rangeMinimum(values: readonly number[]): (from: number, to: number) => number {
  const levels: (readonly number[])[] = [values]
  for (let width = 1; 2 * width <= values.length; width *= 2) {
    const below = levels.at(-1)!
    levels.push(
      Array.from({ length: values.length - 2 * width + 1 }, (_, at) => Math.min(below[at]!, below[at + width]!)),
    )
  }
  return (from, to) => {
    if (to < from) return Infinity
    const level = Math.floor(Math.log2(to - from + 1))
    const row = levels[level]!
    return Math.min(row[from]!, row[to - 2 ** level + 1]!)
  }
}
