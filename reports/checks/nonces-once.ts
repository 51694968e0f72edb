import type { StateOf } from '#sut/contracts/state.ts'
import { verdictOf, type Check } from './check.ts'
import { faultOf, linesOf, nameOf, numberIn, playerKey, type Evidence } from './evidence.ts'

type Round = StateOf<'round'>

/**
 * A seed was promised before its rounds, so the house can choose nothing any more but which nonce a round gets: they are 0, 1, 2 … in
 * the order of the rounds, none used twice, none left out, and each player was told the seed and nonce of the round.
 * (A round of an old record has a seed of its own, and was told neither.)
 */
export const noncesOnce: Check = {
  name: 'nonces-once',
  title: 'Each nonce of a seed serves one round, none is left out, and players were told which',
  needs: ['state'],
  run({ state }, evidence) {
    const verdict = verdictOf('nonces-once')
    const report = (text: string, rounds: readonly Round[]): void =>
      verdict.violate(() => {
        const [operation] = rounds.flatMap((round) => operationsOf(round, evidence))
        const operations = rounds.flatMap((round) => operationsOf(round, evidence).flatMap(linesOf))
        return { text, operations, entries: rounds, fault: evidence.faultAt(operation?.invoke.at_ms) }
      })

    for (const [server_seed_hash, rounds] of Map.groupBy(state.round, (round) => round.server_seed_hash)) {
      verdict.examine(rounds.length)
      const byNonce = Map.groupBy(rounds, ({ nonce }) => nonce)
      for (const [nonce, same] of byNonce)
        if (same.length > 1)
          report(`Nonce ${nonce} of seed ${server_seed_hash} serves ${same.length} rounds: ${named(same)}.`, same)
      const missing = gapOf(byNonce)
      if (missing !== undefined) {
        const later = rounds
          .filter(({ nonce }) => nonce > missing)
          .toSorted((one, other) => one.nonce - other.nonce)[0]!
        const text = `Nonce ${missing} of seed ${server_seed_hash} serves no round`
        report(`${text}, nonce ${later.nonce} does: ${named([later])}.`, [later])
      }
      const [first, ...others] = rounds
      const stranger = others.find(({ player_id }) => player_id !== first!.player_id)
      if (stranger !== undefined)
        report(`Seed ${server_seed_hash} serves two players: ${named([first!, stranger])}.`, [first!, stranger])
    }
    for (const operation of evidence.operations) {
      if (operation.kind !== 'spin' || operation.end?.type !== 'ok') continue
      const told = operation.end.value
      const round = evidence.roundById.get(String(told['round_id']))
      const text = round && differenceOf(round, told)
      if (!text) continue
      verdict.violate(() => ({
        text: `The ${nameOf(operation)} ${text}.`,
        operations: linesOf(operation),
        entries: [round],
        fault: faultOf(evidence, operation),
      }))
    }
    return verdict.outcome()
  },
}

const operationsOf = ({ player_id, key }: Round, { operationsByKey }: Evidence) =>
  operationsByKey.get(playerKey(player_id, key)) ?? []

const named = (rounds: readonly Round[]): string =>
  rounds.map(({ round_id, key }) => `${round_id} (key ${key})`).join(', ')

/** The first nonce below the highest one that no round has. */
function gapOf(byNonce: ReadonlyMap<number, unknown>): number | undefined {
  for (let nonce = 0; nonce < byNonce.size; nonce++) if (!byNonce.has(nonce)) return nonce
  return undefined
}

function differenceOf(round: Round, told: Record<string, unknown>): string | null {
  const { server_seed_hash, nonce } = round
  if (typeof told['server_seed_hash'] === 'string' && told['server_seed_hash'] !== server_seed_hash)
    return `was told seed ${told['server_seed_hash']}, its round ${round.round_id} has ${server_seed_hash}`
  const told_nonce = numberIn(told, 'nonce')
  if (told_nonce === undefined || told_nonce === nonce) return null
  return `was told nonce ${told_nonce}, its round ${round.round_id} has ${nonce}`
}
