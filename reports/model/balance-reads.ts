import { numberIn, type Operation } from '../checks/evidence.ts'
import { mayBeHeld, mustBeHeld, type HeldTime } from './held.ts'
import type { Timeline } from './timeline.ts'

export interface ReadFinding {
  what: string | null
  entries: (object | undefined)[]
  /** What was known before, in another operation. */
  by?: Operation[]
  held: boolean
}

/** A balance that was shown between `from_ms` and the end of the operation, against the states that the account can have been in. */
export function judgeBalance(
  operation: Operation,
  from_ms: number,
  timeline: Timeline,
  holds: readonly HeldTime[],
): ReadFinding {
  const end = operation.end!
  const version = numberIn(end.value, 'version')
  const balance = numberIn(end.value, 'balance_minor')
  if (version === undefined || balance === undefined)
    return { what: 'was told no balance or no version', entries: [], held: false }
  const count = timeline.after(version)
  if (count === undefined)
    return { what: `saw version ${version} with ${balance}, which was never committed`, entries: [], held: false }
  const entry = timeline.entries[count - 1]
  if (timeline.balance(count) !== balance)
    return {
      what: `saw ${balance} at version ${version}, which has ${timeline.balance(count)}`,
      entries: [entry],
      held: false,
    }
  const fewest = timeline.fewest(from_ms)
  if (count < fewest) {
    const known = timeline.entries[fewest - 1]!
    const by = timeline.asked[fewest - 1]!.by.slice(0, 1)
    return {
      what: `saw version ${version}, after version ${known.version} was known`,
      entries: [entry, known],
      by,
      held: false,
    }
  }
  if (count > timeline.most(end.at_ms))
    return { what: `saw version ${version} before anybody had asked for it`, entries: [entry], held: false }
  return judgeHeld(operation, count, from_ms, holds)
}

function judgeHeld(operation: Operation, count: number, from_ms: number, holds: readonly HeldTime[]): ReadFinding {
  const { value, at_ms } = operation.end!
  const held = numberIn(value, 'held_minor')
  const certain: HeldTime[] = []
  const open: HeldTime[] = []
  for (const time of holds) {
    if (!mayBeHeld(time, count, from_ms, at_ms)) continue
    // Its own hold is there in the answer to who asks for a payout.
    if (mustBeHeld(time, count, from_ms, at_ms) || time.placed.by.includes(operation)) certain.push(time)
    else open.push(time)
  }
  const entries = [...certain, ...open].slice(0, 4).map(({ hold }) => hold)
  const isHeld = entries.length > 0
  if (held === undefined) return { what: null, entries, held: isHeld }
  if (
    !sums(
      sumOf(certain),
      open.map(({ hold }) => hold.amount_minor),
    ).has(held) &&
    open.length <= open_max
  )
    return { what: `saw ${held} on hold, which its holds never were at that time`, entries, held: isHeld }
  const available = numberIn(value, 'available_minor')
  const balance = numberIn(value, 'balance_minor')!
  if (available !== undefined && available !== balance - held)
    return { what: `saw ${available} available of ${balance} with ${held} on hold`, entries, held: isHeld }
  return { what: null, entries, held: isHeld }
}

/** More holds than this with an unknown state at one moment are not combined: their sums are too many. */
const open_max = 12
const sumOf = (times: readonly HeldTime[]): number => times.reduce((sum, { hold }) => sum + hold.amount_minor, 0)

function sums(start: number, amounts: readonly number[]): Set<number> {
  let found = new Set([start])
  for (const amount of amounts.slice(0, open_max)) found = new Set([...found, ...[...found].map((sum) => sum + amount)])
  return found
}
