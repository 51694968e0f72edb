import type { StateOf } from '#sut/contracts/state.ts'
import { askedFor, capturedHold, playerKey, type Evidence, type Operation } from '../checks/evidence.ts'

// Who can have asked for what the books have. Keys are those of the contract: a client's idempotency key inside the key of a transfer, a
// round or a hold. Several operations can share a key: the first of them that was done has the effect, the others get its answer.

/** When an effect can have come about at the earliest, and when a client knew of it: both on the clock of the clients. */
export interface Asked {
  by: readonly Operation[]
  /** −∞: nobody of this record asked. */
  from_ms: number
  /** The first answer that told of it; ∞: none did. */
  known_ms: number
}

export const nobody: Asked = { by: [], from_ms: -Infinity, known_ms: Infinity }

/** The operations that ask for one thing, taken together. */
export function askedBy(by: readonly Operation[]): Asked {
  if (by.length === 0) return nobody
  let from_ms = Infinity
  let known_ms = Infinity
  for (const { invoke, end } of by) {
    from_ms = Math.min(from_ms, invoke.at_ms)
    if (end?.type === 'ok') known_ms = Math.min(known_ms, end.at_ms)
  }
  return { by, from_ms, known_ms }
}

const withKey = ({ operationsByKey }: Evidence, player_id: string, key: string, kind: string): Operation[] =>
  (operationsByKey.get(playerKey(player_id, key)) ?? []).filter((operation) => operation.kind === kind)

export const spinsFor = ({ player_id, key }: StateOf<'round'>, evidence: Evidence): Operation[] =>
  withKey(evidence, player_id, key, 'spin')

export const payoutsFor = (hold: StateOf<'hold'>, evidence: Evidence): Operation[] =>
  askedFor(hold, evidence).filter(({ kind }) => kind === 'ask_payout')

export const endsOf = (hold_id: string, kind: string, { endingsByHold }: Evidence): Operation[] =>
  (endingsByHold.get(hold_id) ?? []).filter((operation) => operation.kind === kind)

/** A rollback is the system's own: nobody is told of it, and it comes after its spin was asked for. */
export function askersOf(transfer: StateOf<'transfer'>, evidence: Evidence): Asked {
  const { key, player_id, round_id, transfer_kind } = transfer
  const hold_id = capturedHold(key)
  if (hold_id !== undefined) return askedBy(endsOf(hold_id, 'confirm_payout', evidence))
  if (round_id !== null) {
    const round = evidence.roundById.get(round_id)
    if (round === undefined) return nobody
    const asked = askedBy(spinsFor(round, evidence))
    return transfer_kind === 'bet' || transfer_kind === 'win' ? asked : { ...asked, known_ms: Infinity }
  }
  const kind = transfer_kind === 'withdrawal' ? 'withdraw' : 'deposit'
  const prefix = `${transfer_kind}:${player_id}:`
  return key.startsWith(prefix) ? askedBy(withKey(evidence, player_id, key.slice(prefix.length), kind)) : nobody
}
