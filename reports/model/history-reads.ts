import type { Evidence, Operation } from '../checks/evidence.ts'
import { askedBy, spinsFor } from './askers.ts'
import type { Looked } from './payout-reads.ts'

/** A history that was read: completed rounds of this player, each once, with the figures of the books, newest first. */
export function judgeHistory(operation: Operation, evidence: Evidence, endedAt: ReadonlyMap<string, number>): Looked {
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
  return { what: null, entries: [], looked: rounds.length }
}
