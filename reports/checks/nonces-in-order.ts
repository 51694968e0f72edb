import type { StateOf } from '#sut/contracts/state.ts'
import { askedBy, spinsFor, type Asked } from '../model/askers.ts'
import { verdictOf, type Check } from './check.ts'
import { linesOf, nameOf } from './evidence.ts'

type Round = StateOf<'round'>

/**
 * Nonces of a seed count its rounds as they came: a round that was acknowledged before another one was asked for has the lower nonce.
 * A house that may choose the nonce of a round may choose its outcome.
 */
export const noncesInOrder: Check = {
  name: 'nonces-in-order',
  title: 'Nonces of a seed are in the order of its rounds',
  needs: ['history', 'state'],
  dangers: [
    {
      name: 'rounds_of_one_seed',
      what: 'acknowledged rounds that have an earlier one with the same seed',
      brought_about_by: 'every actor that spins',
    },
  ],
  run({ state }, evidence) {
    const verdict = verdictOf('nonces-in-order')
    for (const rounds of Map.groupBy(state.round, (round) => round.server_seed_hash).values()) {
      let latest: { round: Round; asked: Asked } | undefined
      for (const round of rounds.toSorted((one, other) => one.nonce - other.nonce)) {
        const asked = askedBy(spinsFor(round, evidence))
        if (latest !== undefined && Number.isFinite(asked.known_ms)) {
          verdict.examine()
          verdict.exercise('rounds_of_one_seed')
        }
        if (latest !== undefined && latest.asked.from_ms > asked.known_ms) {
          const before = latest
          verdict.violate(() => {
            const acknowledged = asked.by.find(({ end }) => end?.type === 'ok')!
            const asker = before.asked.by[0]!
            const order = `nonce ${round.nonce} after ${before.round.nonce}`
            return {
              text: `The ${nameOf(acknowledged)} was acknowledged before the ${nameOf(asker)} was asked for, and has ${order}.`,
              operations: [acknowledged, asker].flatMap(linesOf),
              entries: [before.round, round],
              fault: evidence.faultAt(acknowledged.invoke.at_ms, acknowledged.end?.at_ms),
            }
          })
        }
        if (latest === undefined || asked.from_ms > latest.asked.from_ms) latest = { round, asked }
      }
    }
    return verdict.outcome()
  },
}
