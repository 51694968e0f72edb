import type { StateOf } from '#sut/contracts/state.ts'
import { duringFault } from './at-risk.ts'
import { verdictOf, type Check } from './check.ts'
import { faultOf, linesOf, nameOf, numberIn, playerKey, type Evidence } from './evidence.ts'
import { overlapping } from './under-way.ts'

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
  dangers: [
    {
      name: 'spins_in_crossing',
      what: 'spins of one player that were under way together with another spin of the same player',
      brought_about_by: 'two-devices, same-key',
    },
    {
      name: 'nonces_during_fault',
      what: 'rounds whose spin was under way while a fault was at work',
      brought_about_by: 'every fault',
    },
    {
      name: 'seeds_succeeded',
      what: 'seeds of a player that had one before',
      brought_about_by: 'the rotation at the end of the load; players with more than 1,000 rounds',
    },
  ],
  run({ state }, evidence) {
    const verdict = verdictOf('nonces-once')
    const report = (text: string, rounds: readonly Round[]): void =>
      verdict.violate(() => {
        const [operation] = rounds.flatMap((round) => operationsOf(round, evidence))
        const operations = rounds.flatMap((round) => operationsOf(round, evidence).flatMap(linesOf))
        return { text, operations, entries: rounds, fault: evidence.faultAt(operation?.invoke.at_ms) }
      })

    countDangers(state.round, evidence, verdict)
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

function countDangers(rounds: readonly Round[], evidence: Evidence, verdict: ReturnType<typeof verdictOf>): void {
  const spins = evidence.operations.filter(({ kind }) => kind === 'spin')
  verdict.exercise('spins_in_crossing', overlapping(Map.groupBy(spins, ({ player_id }) => player_id).values()).size)
  verdict.exercise('nonces_during_fault', spins.filter((each) => duringFault(evidence, each)).length)
  for (const of of Map.groupBy(rounds, ({ player_id }) => player_id).values())
    verdict.exercise('seeds_succeeded', new Set(of.map(({ server_seed_hash }) => server_seed_hash)).size - 1)
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
