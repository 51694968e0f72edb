import { served_to_one_player } from '#sut/contracts/promises.ts'
import { mostWithin } from '../model/windows.ts'
import { verdictOf, type Check } from './check.ts'
import { ended, type Operation } from './evidence.ts'
import { witnessOf } from './report.ts'

const { within_ms, requests_max, spins_max } = served_to_one_player

/** Within any ten seconds no player is served more requests, and more spins, than is promised. */
export const ratesKept: Check = {
  name: 'rates-kept',
  title: 'Nobody is served more often than is promised',
  needs: ['history'],
  dangers: [
    {
      name: 'asked_too_often',
      what: 'operations of a player beyond the most that is served within ten seconds',
      brought_about_by: 'flooder',
    },
  ],
  run(_, evidence) {
    const verdict = verdictOf('rates-kept')
    for (const own of Map.groupBy(evidence.operations, ({ player_id }) => player_id).values())
      for (const [operations, most, what] of limited(own)) {
        const asked = mostWithin(operations, within_ms)
        if (asked.length <= most) continue
        verdict.examine()
        verdict.exercise('asked_too_often', asked.length - most)
        const served = mostWithin(
          operations.filter((each) => ended(each, 'ok')),
          within_ms,
        )
        if (served.length <= most) continue
        const text = `is the last of ${served.length} ${what} that were served within ${within_ms / 1000} s: ${most} is the most that is promised`
        verdict.violate(() => witnessOf(served.at(-1)!, text, evidence, [], served.slice(0, -1)))
      }
    return verdict.outcome()
  },
}

/** Too few of them cannot have been too many. */
const limited = (own: readonly Operation[]): [operations: readonly Operation[], most: number, what: string][] =>
  own.length <= spins_max
    ? []
    : [
        [own.filter(({ kind }) => kind === 'spin'), spins_max, 'spins'],
        [own, requests_max, 'requests'],
      ]
