import { playerKey, type Evidence, type Operation } from '../checks/evidence.ts'
import type { RunRecord } from '../record/record.ts'
import { heldTimesOf, mayBeHeld, type HeldTime } from './held.ts'
import type { Reason } from './scene.ts'
import { emptyTimeline, rangeMinimum, timelinesOf, type Timeline } from './timeline.ts'

// insufficient_funds: at one of the versions that an account can have been at, what is available can have been less than what was asked.

interface Funds {
  timeline: Timeline
  lowest: (from: number, to: number) => number
  holds: readonly HeldTime[]
}
const made = new WeakMap<Evidence, (player_id: string) => Funds>()

function fundsOf(record: RunRecord, evidence: Evidence): (player_id: string) => Funds {
  const known = made.get(evidence)
  if (known !== undefined) return known
  const timelines = timelinesOf(record.state, evidence)
  const holds = heldTimesOf(record.state, evidence, timelines)
  const byPlayer = new Map<string, Funds>()
  const find = (player_id: string): Funds => {
    const before = byPlayer.get(player_id)
    if (before !== undefined) return before
    const timeline = timelines.get(player_id) ?? emptyTimeline
    const balances = Array.from({ length: timeline.entries.length + 1 }, (_, count) => timeline.balance(count))
    const found = { timeline, lowest: rangeMinimum(balances), holds: holds.get(player_id) ?? [] }
    byPlayer.set(player_id, found)
    return found
  }
  made.set(evidence, find)
  return find
}

export const fundsReason: Reason = (operation, { record, evidence }) => {
  const { kind, player_id, key, invoke } = operation
  const amount = Number(invoke.value[kind === 'spin' ? 'stake_minor' : 'amount_minor'])
  if (!spends.has(kind) || !Number.isFinite(amount)) return 'it takes nothing out of an account'
  const { timeline, lowest, holds } = fundsOf(record, evidence)(player_id)
  // A refused bet is remembered with its round: who asks again gets the same answer.
  const same: readonly Operation[] = evidence.operationsByKey.get(playerKey(player_id, key ?? '')) ?? []
  const from_ms = Math.min(invoke.at_ms, ...same.map((each) => each.invoke.at_ms))
  const to_ms = operation.end?.at_ms ?? Infinity
  const [fewest, most] = [timeline.fewest(from_ms), timeline.most(to_ms)]
  const balance = lowest(fewest, most)
  const held = holds.reduce(
    (sum, time) =>
      sum +
      (mayBeHeld(time, fewest, from_ms, to_ms) || mayBeHeld(time, most, from_ms, to_ms) ? time.hold.amount_minor : 0),
    0,
  )
  return balance - held < amount ? null : `at least ${balance - held} were available for ${amount}`
}

const spends: ReadonlySet<string> = new Set(['spin', 'withdraw', 'ask_payout'])
