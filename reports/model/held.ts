import type { StateOf } from '#sut/contracts/state.ts'
import { captureKey, type Evidence } from '../checks/evidence.ts'
import type { State } from '../record/record.ts'
import { askedBy, endsOf, payoutsFor, type Asked } from './askers.ts'
import type { Timeline } from './timeline.ts'

// Money on hold of one account. A hold is placed at a version of its account and, when it is captured, ended by another one; a release
// and an expiry have no version, so the history and the clock bound them.

export type Hold = StateOf<'hold'>

/** Between the clock of the wallet's database and that of the clients: one machine, or machines whose clocks are kept together. */
export const clocks_apart_ms = 250

export interface HeldTime {
  hold: Hold
  placed: Asked
  ended: Asked
  /** How many entries its account had when it was placed; undefined: the record is older than that the state says it. */
  placed_after: number | undefined
  /** With so many entries it was over: its capture. */
  captured_by: number | undefined
}

/** The holds of each player, in no order. */
export function heldTimesOf(
  state: State,
  evidence: Evidence,
  timelines: ReadonlyMap<string, Timeline>,
): Map<string, HeldTime[]> {
  const times = state.hold.map((hold): HeldTime => {
    const timeline = timelines.get(hold.player_id)
    const transfer = evidence.transfersByKey.get(captureKey(hold.hold_id))?.[0]
    const own = evidence.entriesByTransfer
      .get(transfer?.transfer_id ?? '')
      ?.find(({ account }) => account.startsWith('player:'))
    const kind = hold.status === 'captured' ? 'confirm_payout' : 'cancel_payout'
    return {
      hold,
      placed: askedBy(payoutsFor(hold, evidence)),
      ended: askedBy(endsOf(hold.hold_id, kind, evidence)),
      placed_after: hold.version === undefined ? undefined : timeline?.after(hold.version),
      captured_by: hold.status === 'captured' && own !== undefined ? timeline?.after(own.version) : undefined,
    }
  })
  return Map.groupBy(times, ({ hold }) => hold.player_id)
}

/** Whether it can have been on hold with the first `count` entries, at an instant of the clients' clock from `from_ms` to `to_ms`. */
export function mayBeHeld(time: HeldTime, count: number, from_ms: number, to_ms: number): boolean {
  const { hold, placed, ended, placed_after, captured_by } = time
  if (placed.from_ms > to_ms || (placed_after !== undefined && placed_after > count)) return false
  if (captured_by !== undefined) return captured_by > count
  if (hold.status === 'expired') return (hold.ended_at_ms ?? Infinity) + clocks_apart_ms >= from_ms
  return hold.status === 'open' || ended.known_ms >= from_ms
}

/** Whether it must have been. */
export function mustBeHeld(time: HeldTime, count: number, from_ms: number, to_ms: number): boolean {
  const { hold, placed, ended, placed_after, captured_by } = time
  const there = placed.known_ms < from_ms || (placed_after !== undefined && placed_after < count)
  if (!there) return false
  if (captured_by !== undefined) return captured_by > count
  if (hold.status === 'open') return true
  if (hold.status === 'expired') return (hold.ended_at_ms ?? -Infinity) - clocks_apart_ms > to_ms
  return ended.from_ms > to_ms
}
