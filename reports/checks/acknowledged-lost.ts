import { duringFault } from './at-risk.ts'
import { verdictOf, type Check } from './check.ts'
import {
  betKey,
  captureKey,
  depositKey,
  ended,
  payoutKey,
  payoutOf,
  playerKey,
  winKey,
  withdrawalKey,
} from './evidence.ts'
import { faultOf, linesOf, nameOf, numberIn } from './evidence.ts'
import type { Evidence, Operation } from './evidence.ts'

/** What a client was told is there: the transfer of each deposit; round, bet and win of each spin; the hold of each payout, and its end. */
export const acknowledgedLost: Check = {
  name: 'acknowledged-lost',
  title: 'No acknowledged spin, deposit or payout is lost',
  needs: ['history', 'state'],
  dangers: [
    {
      name: 'acknowledged_during_fault',
      what: 'operations that were acknowledged while a fault was at work',
      brought_about_by: 'every fault',
    },
    {
      name: 'acknowledged_in_crossing',
      what: 'operations that were acknowledged while another one moved money of the same account',
      brought_about_by: 'two-devices, same-key',
    },
  ],
  about_money: true,
  run(_record, evidence) {
    const verdict = verdictOf('acknowledged-lost')
    for (const operation of evidence.operations) {
      if (!ended(operation, 'ok') || operation.key === undefined) continue
      const lostOf = byKind[operation.kind]
      if (lostOf === undefined) continue
      verdict.examine()
      if (duringFault(evidence, operation)) verdict.exercise('acknowledged_during_fault')
      if (evidence.crossing.has(operation)) verdict.exercise('acknowledged_in_crossing')
      const lost = lostOf(operation, evidence)
      if (lost === null) continue
      verdict.violate(() => ({
        text: `The acknowledged ${nameOf(operation)} is lost: ${lost}.`,
        operations: linesOf(operation),
        entries: evidence.roundsByKey.get(playerKey(operation.player_id, operation.key!)) ?? [],
        fault: faultOf(evidence, operation),
      }))
    }
    return verdict.outcome()
  },
}

const byKind: Readonly<Record<string, (operation: Operation, evidence: Evidence) => string | null>> = {
  deposit: movedLost(depositKey),
  withdraw: movedLost(withdrawalKey),
  spin: spinLost,
  ask_payout: payoutLost,
  confirm_payout: endLost('captured'),
  cancel_payout: endLost('released'),
}

function movedLost(keyOf: (player_id: string, key: string) => string) {
  return ({ player_id, key }: Operation, { transfersByKey }: Evidence): string | null => {
    const wanted = keyOf(player_id, key!)
    return transfersByKey.has(wanted) ? null : `the ledger has no transfer ${wanted}`
  }
}

function spinLost({ player_id, key, end }: Operation, { roundsByKey, transfersByKey }: Evidence): string | null {
  // Where idempotency is broken one key has several rounds: the one that the client was told of must be there.
  const rounds = roundsByKey.get(playerKey(player_id, key!)) ?? []
  const told = end?.value['round_id']
  const round = told === undefined ? rounds[0] : rounds.find(({ round_id }) => round_id === told)
  if (round === undefined)
    return rounds.length === 0 ? 'there is no round with its key' : `there is no round ${String(told)}`
  if (round.status !== 'completed') return `its round ${round.round_id} is ${round.status}`
  if (!transfersByKey.has(betKey(round.round_id))) return `the ledger has no transfer ${betKey(round.round_id)}`
  const won = numberIn(end?.value, 'win_minor') ?? 0
  if (won > 0 && !transfersByKey.has(winKey(round.round_id)))
    return `it won ${won} and the ledger has no transfer ${winKey(round.round_id)}`
  return null
}

function payoutLost({ player_id, key, end }: Operation, { holdByKey }: Evidence): string | null {
  const wanted = payoutKey(player_id, key!)
  const told = String(end?.value['payout_id'])
  const hold_id = holdByKey.get(wanted)?.hold_id
  if (hold_id === undefined) return `the wallet has no hold ${wanted}`
  return hold_id === told ? null : `it was told payout ${told}, the wallet has ${hold_id}`
}

function endLost(status: 'captured' | 'released') {
  return (operation: Operation, { holdById, transfersByKey }: Evidence): string | null => {
    const hold_id = payoutOf(operation)
    const hold = holdById.get(hold_id)
    if (hold?.status !== status) return `its hold ${hold_id} is ${hold?.status ?? 'not there'}`
    const wanted = captureKey(hold_id)
    return status === 'captured' && !transfersByKey.has(wanted) ? `the ledger has no transfer ${wanted}` : null
  }
}
