import { guesses_looked_at } from '#sut/contracts/promises.ts'
import type { StateOf } from '#sut/contracts/state.ts'
import { mostWithin } from '../model/windows.ts'
import { askersOf, payoutsFor } from '../model/askers.ts'
import { duringFault } from './at-risk.ts'
import { verdictOf, type Check } from './check.ts'
import { ended, type Evidence, linesOf, nameOf, type Operation } from './evidence.ts'
import { attackOf, witnessOf } from './report.ts'

/**
 * No attack succeeds: none is acknowledged, nothing is in the books that only an attack asked for, no more guesses are
 * looked at than is promised, and none has the system write down what it does.
 */
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
    { name: 'guesses_at_once', what: 'wrong passwords that an attacker sent', brought_about_by: 'thief' },
    { name: 'traces_asked', what: 'traces of its requests that an attacker asked for', brought_about_by: 'thief' },
  ],
  run({ state, spans }, evidence) {
    const verdict = verdictOf('thief-gets-nothing')
    for (const operation of evidence.operations) {
      const attack = attackOf(operation)
      if (attack === undefined) continue
      verdict.examine()
      verdict.exercise(operation.kind === 'login' ? 'guesses_at_once' : 'attacks')
      if (traceOf(operation) !== undefined) verdict.exercise('traces_asked')
      if (operation.invoke.value['of'] !== undefined && duringFault(evidence, operation))
        verdict.exercise('replays_during_fault')
      if (ended(operation, 'ok'))
        verdict.violate(() => witnessOf(operation, `is an attack (${attack}), and was served`, evidence))
    }
    for (const [guesses, what] of lookedAt(evidence))
      verdict.violate(() => witnessOf(guesses.at(-1)!, what, evidence, [], guesses.slice(0, -1)))
    const traced = new Set(spans.map(({ trace_id }) => trace_id))
    for (const operation of evidence.operations)
      if (traced.has(traceOf(operation) ?? ''))
        verdict.violate(() => witnessOf(operation, 'is an attack, and was traced because it asked to be', evidence))
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

/** The trace that an attack asked for, which is nobody's else. */
function traceOf(operation: Operation): string | undefined {
  const trace = attackOf(operation) === undefined ? undefined : operation.invoke.value['trace']
  return typeof trace === 'string' ? trace : undefined
}

/** Guesses of which more were looked at than is promised, by name and all together, with what is wrong about them. */
function lookedAt({ operations }: Evidence): [guesses: Operation[], what: string][] {
  const { within_ms, of_one_name_max, from_one_network_max } = guesses_looked_at
  const nameIn = ({ invoke }: Operation): string => String(invoke.value['name'])
  const known = new Set(operations.filter(({ kind }) => kind === 'register').map(nameIn))
  // Whoever says that the password is wrong has looked at it.
  const seen = operations.filter(
    (each) => each.kind === 'login' && attackOf(each) !== undefined && each.end?.value['code'] === 'unauthenticated',
  )
  const lots: [Operation[], number, string][] = [...Map.groupBy(seen, nameIn)].map(([name, own]) => [
    own,
    of_one_name_max,
    `of the name ${name}`,
  ])
  lots.push([seen.filter((each) => !known.has(nameIn(each))), from_one_network_max, 'of names that nobody has'])
  return lots.flatMap(([own, most, of]): [Operation[], string][] => {
    const together = mostWithin(own, within_ms)
    if (together.length <= most) return []
    const what = `is the last of ${together.length} wrong passwords ${of} that were looked at within ${within_ms / 1000} s`
    return [[together, `${what}: ${most} is the most that is promised`]]
  })
}
