import { timelinesOf } from '../model/timeline.ts'
import { verdictOf, type Check } from './check.ts'
import { linesOf, nameOf, type Operation } from './evidence.ts'

/** What was acknowledged before another write of the account was asked for has the earlier version: the books keep real time. */
export const writesInOrder: Check = {
  name: 'writes-in-order',
  title: 'What was acknowledged first is first in the books',
  about_money: true,
  needs: ['history', 'state'],
  dangers: [
    {
      name: 'writes_of_one_account',
      what: 'acknowledged writes of an account that has another version before them',
      brought_about_by: 'every actor that moves money, most of all two-devices',
    },
    {
      name: 'overlapping_writes',
      what: 'writes that were asked for while an earlier version of the same account was not acknowledged yet',
      brought_about_by: 'two-devices, same-key and impatient',
    },
  ],
  run({ state }, evidence) {
    const verdict = verdictOf('writes-in-order')
    for (const { entries, asked, possible_ms } of timelinesOf(state, evidence).values()) {
      let latest = 0
      let known_before_ms = -Infinity
      for (const [index, { from_ms, known_ms }] of asked.entries()) {
        if (index > 0 && Number.isFinite(known_ms)) {
          verdict.examine()
          verdict.exercise('writes_of_one_account')
        }
        if (Number.isFinite(from_ms) && from_ms < known_before_ms && Number.isFinite(known_before_ms))
          verdict.exercise('overlapping_writes')
        known_before_ms = Math.max(known_before_ms, Number.isFinite(known_ms) ? known_ms : -Infinity)
        if (index > 0 && from_ms >= possible_ms[latest + 1]!) latest = index
        if (possible_ms[index + 1]! <= known_ms) continue
        const [late, entry, before] = [asked[index]!.by, entries[index]!, entries[latest]!]
        verdict.violate(() => {
          const acknowledged = late.find(({ end }) => end?.type === 'ok')!
          const [asker] = asked[latest]!.by
          const told = `was acknowledged before the ${asker === undefined ? '' : nameOf(asker)} was asked for`
          return {
            text: `The ${nameOf(acknowledged)} ${told}, and has the later version: ${entry.version} after ${before.version}.`,
            operations: [acknowledged, ...(asker === undefined ? [] : [asker])].flatMap((each: Operation) =>
              linesOf(each),
            ),
            entries: [before, entry],
            fault: evidence.faultAt(acknowledged.invoke.at_ms, acknowledged.end?.at_ms),
          }
        })
      }
    }
    return verdict.outcome()
  },
}
