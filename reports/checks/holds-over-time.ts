import { clocks_apart_ms, heldTimesOf, type HeldTime } from '../model/held.ts'
import { lastWhere, timelinesOf, type Timeline } from '../model/timeline.ts'
import { verdictOf, type Check } from './check.ts'

/**
 * Money on hold is there for as long as the hold is: at every version of the account the balance covers all holds that were certainly
 * open then. Spent and given back before its end, it was not there.
 */
export const holdsOverTime: Check = {
  name: 'holds-over-time',
  title: 'Money on hold is there until its hold ends',
  about_money: true,
  needs: ['history', 'state'],
  dangers: [
    {
      name: 'versions_under_hold',
      what: 'versions of accounts that had money on hold',
      brought_about_by: 'two-devices and player: spins while a payout is open',
    },
  ],
  run({ state }, evidence) {
    const verdict = verdictOf('holds-over-time')
    const timelines = timelinesOf(state, evidence)
    for (const [player_id, times] of heldTimesOf(state, evidence, timelines)) {
      const timeline = timelines.get(player_id)
      if (timeline === undefined) continue
      const spans = times.map((time) => ({ time, ...certainSpan(time, timeline) }))
      const changes = new Float64Array(timeline.entries.length + 2)
      for (const { time, from, to } of spans) {
        if (to < from) continue
        changes[from]! += time.hold.amount_minor
        changes[to + 1]! -= time.hold.amount_minor
      }
      let held = 0
      for (let count = 0; count <= timeline.entries.length; count++) {
        held += changes[count]!
        if (held === 0) continue
        verdict.examine()
        verdict.exercise('versions_under_hold')
        const balance = timeline.balance(count)
        if (balance >= held) continue
        const entry = timeline.entries[count - 1]
        const sum = held
        verdict.violate(() => ({
          text: `Account player:${player_id} has ${balance} at version ${entry?.version ?? 0}, and ${sum} of it is on hold.`,
          entries: [entry, ...spans.flatMap(({ time, from, to }) => (from <= count && count <= to ? [time.hold] : []))],
          fault: evidence.faultAt(evidence.transferById.get(entry?.transfer_id ?? '')?.created_at_ms),
        }))
      }
    }
    return verdict.outcome()
  },
}

/** From which number of entries to which one a hold was open for certain; to < from: for none. */
function certainSpan({ hold, placed, ended, placed_after, captured_by }: HeldTime, timeline: Timeline) {
  const last = timeline.entries.length
  // Entries that can have been there when it was known are there or not; what came after that is certain.
  const from = placed_after ?? timeline.most(placed.known_ms)
  if (captured_by !== undefined) return { from, to: captured_by - 1 }
  if (hold.status === 'open') return { from, to: last }
  const over_ms = hold.status === 'expired' ? (hold.ended_at_ms ?? -Infinity) - clocks_apart_ms : ended.from_ms
  return { from, to: lastWhere(timeline.certain_ms, (each) => each <= over_ms) }
}
