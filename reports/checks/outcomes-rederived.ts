import type { StateOf } from '#sut/contracts/state.ts'
import { payOf, sha256, stopsOf } from '../model/outcome.ts'
import { sentAgain } from './at-risk.ts'
import { verdictOf, type Check } from './check.ts'
import { linesOf, nameOf, playerKey, type Evidence } from './evidence.ts'

type Round = StateOf<'round'>
type Game = StateOf<'game'>

/**
 * Anyone can compute the outcome of a round again once its seed is revealed: it is what was promised, and what was paid. While it is
 * secret only the win can be: it follows from the stops.
 */
export const outcomesRederived: Check = {
  name: 'outcomes-rederived',
  title: 'Every outcome follows from its published seeds',
  needs: ['state'],
  dangers: [
    {
      name: 'rounds_won',
      what: 'rounds that won something',
      brought_about_by: 'every load with spins',
    },
    {
      name: 'draws_repeated',
      what: 'rounds whose key was sent more than once: nothing may be drawn again',
      brought_about_by: 'client retries during faults; same-key, impatient',
    },
  ],
  run({ state }, evidence) {
    const verdict = verdictOf('outcomes-rederived')
    const games = new Map(state.game.map((game) => [gameKey(game.game_id, game.version), game]))
    const revealed = revealedSeeds(evidence)
    for (const round of state.round) {
      if (round.status !== 'completed') continue
      verdict.examine()
      if ((round.win_minor ?? 0) > 0) verdict.exercise('rounds_won')
      const asked = evidence.operationsByKey.get(playerKey(round.player_id, round.key)) ?? []
      if (asked.length > 1 || asked.some((each) => sentAgain(evidence, each))) verdict.exercise('draws_repeated')
      const seed = round.server_seed ?? revealed.get(round.server_seed_hash) ?? null
      const what = wrongWith(round, seed, games.get(gameKey(round.game_id, round.game_version)))
      if (what === null) continue
      const [operation] = asked
      verdict.violate(() => ({
        text: `Round ${round.round_id} ${operation === undefined ? `(key ${round.key})` : `of the ${nameOf(operation)}`}: ${what}.`,
        operations: operation === undefined ? [] : linesOf(operation),
        entries: [round],
        fault: evidence.faultAt(operation?.invoke.at_ms),
      }))
    }
    return verdict.outcome()
  },
}

const gameKey = (game_id: string, version: number): string => `${game_id}/${version}`

/** By their promise: what players were told when they ended a seed. */
function revealedSeeds({ operations }: Evidence): Map<string, string> {
  const seeds = new Map<string, string>()
  for (const { kind, end } of operations) {
    if (kind !== 'rotate_seed' || end?.type !== 'ok') continue
    const revealed = (end.value['revealed'] ?? {}) as Record<string, unknown>
    const { server_seed, server_seed_hash } = revealed
    if (typeof server_seed === 'string' && typeof server_seed_hash === 'string')
      seeds.set(server_seed_hash, server_seed)
  }
  return seeds
}

function wrongWith(round: Round, server_seed: string | null, game: Game | undefined): string | null {
  if (game === undefined) return `the state has no game ${round.game_id} of version ${round.game_version}`
  if (round.stops === null) return 'its stops are missing'
  if (server_seed !== null) {
    if (sha256(server_seed) !== round.server_seed_hash) return 'its server seed is not the one that was promised'
    const lengths = game.reels.map(({ length }) => length)
    const stops = stopsOf(server_seed, round.client_seed, round.nonce, lengths)
    if (stops.join() !== round.stops.join())
      return `its stops are ${round.stops.join(', ')}, its seeds give ${stops.join(', ')}`
  }
  const win_minor = payOf(game, round.stops, round.stake_minor)
  if (round.win_minor !== null && win_minor === BigInt(round.win_minor)) return null
  return `its win is ${round.win_minor ?? 'missing'}, its stops pay ${win_minor}`
}
