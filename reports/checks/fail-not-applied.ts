import type { StateOf } from '#sut/contracts/state.ts'
import { isRuleOfTheGame } from '../record/operations.ts'
import { duringFault } from './at-risk.ts'
import { verdictOf, type Check } from './check.ts'
import { captureKey, depositKey, ended, endsPayout, payoutKey, payoutOf, playerKey, withdrawalKey } from './evidence.ts'
import { faultOf, linesOf, nameOf, type Evidence, type Operation } from './evidence.ts'

/** What was refused for good did not happen: no transfer of a deposit, no completed round of a spin, no hold of a payout, nor its end. */
export const failNotApplied: Check = {
  name: 'fail-not-applied',
  title: 'What was refused was not done',
  needs: ['history', 'state'],
  dangers: [
    {
      name: 'refused_during_fault',
      what: 'operations that were refused for good while a fault was at work',
      brought_about_by: 'every fault',
    },
    {
      name: 'refused_in_crossing',
      what: 'operations that were refused for good while another one moved money of the same account',
      brought_about_by: 'two-devices',
    },
    {
      name: 'refused_by_rule',
      what: 'operations that were refused for a reason of the game, such as lack of money or a limit',
      brought_about_by: 'two-devices, careful, operator',
    },
  ],
  about_money: true,
  run(_record, evidence) {
    const verdict = verdictOf('fail-not-applied')
    for (const operation of evidence.operations) {
      if (!ended(operation, 'fail') || operation.key === undefined) continue
      const others = sameAs(operation, evidence)
      // Somebody else wanted the same, and may have been the one that it was done for.
      if (others.some((other) => other !== operation && !ended(other, 'fail'))) continue
      verdict.examine()
      if (duringFault(evidence, operation)) verdict.exercise('refused_during_fault')
      if (evidence.crossing.has(operation)) verdict.exercise('refused_in_crossing')
      if (isRuleOfTheGame(codeOf(operation))) verdict.exercise('refused_by_rule')
      const done = doneBy(operation, evidence)
      if (done.length === 0) continue
      verdict.violate(() => ({
        text: `The ${nameOf(operation)} was refused (${codeOf(operation)}) and done all the same.`,
        operations: linesOf(operation),
        entries: done,
        fault: faultOf(evidence, operation),
      }))
    }
    return verdict.outcome()
  },
}

/** The operations with its key, or that end its payout in the same way. */
function sameAs(operation: Operation, { operationsByKey, endingsByHold }: Evidence): readonly Operation[] {
  const same = endsPayout(operation)
    ? endingsByHold.get(payoutOf(operation))?.filter(({ kind }) => kind === operation.kind)
    : operationsByKey.get(playerKey(operation.player_id, operation.key!))
  return same ?? []
}

function codeOf({ end }: Operation): string {
  const code = end?.value['code']
  return typeof code === 'string' ? code : 'no code'
}

function doneBy(operation: Operation, evidence: Evidence): StateOf<'transfer' | 'round' | 'hold'>[] {
  const { kind, player_id, key } = operation
  if (kind === 'deposit') return evidence.transfersByKey.get(depositKey(player_id, key!)) ?? []
  if (kind === 'withdraw') return evidence.transfersByKey.get(withdrawalKey(player_id, key!)) ?? []
  if (kind === 'ask_payout') return [evidence.holdByKey.get(payoutKey(player_id, key!)) ?? []].flat()
  if (kind === 'confirm_payout') return evidence.transfersByKey.get(captureKey(payoutOf(operation))) ?? []
  if (kind === 'cancel_payout')
    return [evidence.holdById.get(payoutOf(operation)) ?? []].flat().filter(({ status }) => status === 'released')
  if (kind !== 'spin') return []
  const rounds = evidence.roundsByKey.get(playerKey(player_id, key!)) ?? []
  return rounds.filter(({ status }) => status === 'completed')
}
