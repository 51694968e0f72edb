import type { StateOf } from '#sut/contracts/state.ts'
import { answerLost, sentAgain } from './at-risk.ts'
import { verdictOf, type Check } from './check.ts'
import { capturedHold, linesOf, nameOf, playerKey, type Evidence, type Operation } from './evidence.ts'
import { overlapping } from './under-way.ts'

/** One key moves money once: no two transfers of a key, no two rounds of a player's key, no two bets or wins of a round. */
export const appliedTwice: Check = {
  name: 'applied-twice',
  title: 'Nothing is applied twice',
  needs: ['state'],
  dangers: [
    {
      name: 'answers_lost',
      what: 'keys whose client got no answer, so that what they ask for may be done while it is asked for again',
      brought_about_by: 'faults that end processes or cut links; impatient',
    },
    {
      name: 'keys_sent_again',
      what: 'keys that were sent more than once, one after the other',
      brought_about_by: 'client retries during faults; impatient, same-key',
    },
    {
      name: 'copies_under_way',
      what: 'keys with two copies under way at the same time',
      brought_about_by: 'same-key; player, which sends some spins twice at once',
    },
  ],
  about_money: true,
  run(record, evidence) {
    const verdict = verdictOf('applied-twice')
    const report = (what: string, entries: readonly object[], operation: Operation | undefined, at_ms?: number) =>
      verdict.violate(() => ({
        text: `${operation === undefined ? '' : `The ${nameOf(operation)} was applied more than once: `}${what}.`,
        operations: operation === undefined ? [] : linesOf(operation),
        entries: entries.slice(0, 4),
        fault: evidence.faultAt(at_ms ?? operation?.invoke.at_ms),
      }))

    verdict.examine(record.state.transfer.length + record.state.round.length)
    countDangers(evidence, verdict)
    for (const [key, transfers] of evidence.transfersByKey) {
      if (transfers.length < 2) continue
      const operation = operationOf(transfers[0]!, evidence)
      report(`${transfers.length} transfers have the key ${key}`, transfers, operation, transfers[1]!.created_at_ms)
    }
    for (const [key, rounds] of evidence.roundsByKey)
      if (rounds.length > 1)
        report(`${rounds.length} rounds have the key ${rounds[0]!.key}`, rounds, evidence.operationsByKey.get(key)?.[0])
    for (const [round_id, transfers] of evidence.transfersByRound)
      for (const kind of ['bet', 'win', 'rollback'] as const) {
        const same = transfers.filter(({ transfer_kind }) => transfer_kind === kind)
        // The same key twice is reported above.
        if (new Set(same.map(({ key }) => key)).size < 2) continue
        const operation = operationOf(same[0]!, evidence)
        report(
          `round ${round_id} has ${same.length} transfers of kind ${kind}`,
          same,
          operation,
          same[1]!.created_at_ms,
        )
      }
    return verdict.outcome()
  },
}

function countDangers(evidence: Evidence, verdict: ReturnType<typeof verdictOf>): void {
  const copies = overlapping(evidence.operationsByKey.values())
  for (const operations of evidence.operationsByKey.values()) {
    if (operations.some(answerLost)) verdict.exercise('answers_lost')
    const atOnce = operations.some((each) => copies.has(each) || each.end?.value['duplicate'] !== undefined)
    if (atOnce) verdict.exercise('copies_under_way')
    else if (operations.length > 1 || operations.some((each) => sentAgain(evidence, each)))
      verdict.exercise('keys_sent_again')
  }
}

/** The operations that a transfer can come from: by its round, its payout, or by the client's key inside its own. */
export function operationsOfTransfer(transfer: StateOf<'transfer'>, evidence: Evidence): readonly Operation[] {
  const { player_id, key, round_id } = transfer
  const hold_id = capturedHold(key)
  if (hold_id !== undefined)
    return (evidence.endingsByHold.get(hold_id) ?? []).filter(({ kind }) => kind === 'confirm_payout')
  const round = round_id === null ? undefined : evidence.roundById.get(round_id)
  const clientKey = round?.key ?? key.replace(`deposit:${player_id}:`, '').replace(`withdrawal:${player_id}:`, '')
  return evidence.operationsByKey.get(playerKey(player_id, clientKey)) ?? []
}

/** The first of them. */
export const operationOf = (transfer: StateOf<'transfer'>, evidence: Evidence): Operation | undefined =>
  operationsOfTransfer(transfer, evidence)[0]
