import { history_shown } from '#sut/contracts/promises.ts'
import type { StateOf } from '#sut/contracts/state.ts'
import type { Evidence, Operation } from '../checks/evidence.ts'
import type { State } from '../record/record.ts'
import { askedBy, spinsFor } from './askers.ts'
import type { Looked } from './payout-reads.ts'

export interface Histories {
  /** When each round ended, says its event. */
  endedAt: ReadonlyMap<string, number>
  /** By player, completed rounds with an event, newest first. */
  byPlayer: ReadonlyMap<string, readonly StateOf<'round'>[]>
}

export function historiesOf(state: State): Histories {
  const ends = state.log.flatMap(({ event }) =>
    event.type === 'game.round_ended' ? [[event.round_id, event.occurred_at_ms] as const] : [],
  )
  const endedAt = new Map(ends)
  const rounds = state.round.filter(({ status, round_id }) => status === 'completed' && endedAt.has(round_id))
  rounds.sort((one, other) => endedAt.get(other.round_id)! - endedAt.get(one.round_id)!)
  return { endedAt, byPlayer: Map.groupBy(rounds, ({ player_id }) => player_id) }
}

/**
 * A history that was read: completed rounds of this player, each once, with the figures of the books, newest first, and none left out
 * that has had the time to get there.
 */
export function judgeHistory(operation: Operation, evidence: Evidence, { endedAt, byPlayer }: Histories): Looked {
  const { value, at_ms } = operation.end!
  const rounds = Array.isArray(value['rounds']) ? (value['rounds'] as unknown[]) : []
  const seen = new Set<string>()
  let before_ms = Infinity
  for (const listed of rounds) {
    const shown = (typeof listed === 'object' && listed !== null ? listed : {}) as Record<string, unknown>
    const round_id = String(shown['round_id'])
    const round = evidence.roundById.get(round_id)
    const found = (what: string): Looked => ({ what, entries: [round], looked: rounds.length })
    if (round === undefined || round.player_id !== operation.player_id)
      return found(`saw round ${round_id}, which this player does not have`)
    if (seen.has(round_id)) return found(`saw round ${round_id} twice`)
    seen.add(round_id)
    if (round.status !== 'completed') return found(`saw round ${round_id}, which is ${round.status}`)
    for (const name of ['game_id', 'stake_minor', 'win_minor'] as const)
      if (shown[name] !== round[name])
        return found(`saw ${name} ${String(shown[name])} of round ${round_id}, which has ${String(round[name])}`)
    if (askedBy(spinsFor(round, evidence)).from_ms > at_ms)
      return found(`saw round ${round_id} before anybody had asked for it`)
    const ended_ms = endedAt.get(round_id) ?? before_ms
    if (ended_ms > before_ms) return found(`saw round ${round_id} after one that ended before it: newest is not first`)
    before_ms = ended_ms
  }
  const left_out = leftOut(operation, seen, byPlayer.get(operation.player_id) ?? [], evidence)
  const what =
    left_out && `did not see round ${left_out.round_id}, known for ${history_shown.after_ms / 1000} s and more`
  return { what: what ?? null, entries: left_out ? [left_out] : [], looked: rounds.length }
}

/** The newest round that is not shown and must be: an older one is, or so few are that none can have been cut off. */
function leftOut(
  { invoke, end }: Operation,
  shown: ReadonlySet<string>,
  newestFirst: readonly StateOf<'round'>[],
  evidence: Evidence,
): StateOf<'round'> | undefined {
  const { after_ms, rounds_min } = history_shown
  const before_ms = invoke.at_ms - after_ms
  // What a fault delays is late, and not lost.
  if (evidence.faultAt(before_ms, end!.at_ms) !== null) return undefined
  let found = 0
  for (const round of newestFirst) {
    if (shown.has(round.round_id)) {
      found++
      continue
    }
    if (found === shown.size && found >= rounds_min) return undefined
    if (askedBy(spinsFor(round, evidence)).known_ms <= before_ms) return round
  }
  return undefined
}
