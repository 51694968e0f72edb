import { spins_of_one_player } from '#sut/contracts/promises.ts'
import { mostWithin } from '../model/windows.ts'
import { verdictOf, type Check } from './check.ts'
import { ended } from './evidence.ts'
import { witnessOf } from './report.ts'

const { within_ms, served_max } = spins_of_one_player

/** Within any ten seconds no player is served more spins than is promised. */
export const ratesKept: Check = {
  name: 'rates-kept',
  title: 'Nobody spins more often than is promised',
  needs: ['history'],
  dangers: [
    {
      name: 'asked_too_often',
      what: 'spins of a player beyond the most that are served within ten seconds',
      brought_about_by: 'flooder',
    },
  ],
  run(_, evidence) {
    const verdict = verdictOf('rates-kept')
    const spins = evidence.operations.filter(({ kind }) => kind === 'spin')
    for (const own of Map.groupBy(spins, ({ player_id }) => player_id).values()) {
      // Too few of them cannot have been too many.
      if (own.length <= served_max) continue
      const asked = mostWithin(own, within_ms)
      if (asked.length <= served_max) continue
      verdict.examine()
      verdict.exercise('asked_too_often', asked.length - served_max)
      const served = mostWithin(
        own.filter((each) => ended(each, 'ok')),
        within_ms,
      )
      if (served.length <= served_max) continue
      const what = `is the last of ${served.length} that were served within ${within_ms / 1000} s: ${served_max} is the most that is promised`
      verdict.violate(() => witnessOf(served.at(-1)!, what, evidence, [], served.slice(0, -1)))
    }
    return verdict.outcome()
  },
}
