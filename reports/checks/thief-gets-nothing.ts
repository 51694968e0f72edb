import type { StateOf } from '#sut/contracts/state.ts'
import { askersOf, payoutsFor } from '../model/askers.ts'
import { duringFault } from './at-risk.ts'
import { verdictOf, type Check } from './check.ts'
import { ended, linesOf, nameOf, type Operation } from './evidence.ts'
import { attackOf, witnessOf } from './report.ts'

/** No attack succeeds: none is acknowledged, and nothing is in the books that only an attack asked for. */
export const thiefGetsNothing: Check = {
  name: 'thief-gets-nothing',
  title: 'An attacker gets nothing',
  needs: ['history', 'state'],
  dangers: [
    {
      name: 'attacks',
      what: 'requests that were replayed, forged, guessed, or sent with a token that is over',
      brought_about_by: 'thief',
    },
    {
      name: 'replays_during_fault',
      what: 'requests that were admitted once and sent again while a fault was at work',
      brought_about_by:
        'thief with any fault; redis-link-down, where gateways cannot tell each other what they have seen',
    },
  ],
  run({ state }, evidence) {
    const verdict = verdictOf('thief-gets-nothing')
    for (const operation of evidence.operations) {
      const attack = attackOf(operation)
      if (attack === undefined) continue
      verdict.examine()
      verdict.exercise('attacks')
      if (operation.invoke.value['of'] !== undefined && duringFault(evidence, operation))
        verdict.exercise('replays_during_fault')
      if (ended(operation, 'ok'))
        verdict.violate(() => witnessOf(operation, `is an attack (${attack}), and was served`, evidence))
    }
    const report = (by: readonly Operation[], line: StateOf<'transfer' | 'hold'>): void => {
      const [thief] = by
      if (thief === undefined || !by.every((each) => attackOf(each) !== undefined)) return
      verdict.violate(() => ({
        text: `The ${nameOf(thief)} is an attack (${attackOf(thief)}), and the books have its effect.`,
        operations: linesOf(thief),
        entries: [line],
        fault: evidence.faultAt(thief.invoke.at_ms, thief.end?.at_ms),
      }))
    }
    for (const transfer of state.transfer) report(askersOf(transfer, evidence).by, transfer)
    for (const hold of state.hold) report(payoutsFor(hold, evidence), hold)
    return verdict.outcome()
  },
}
