import { drawStops, seedHash, winOf } from '#sut/contracts/fairness.ts'
import type { StateOf } from '#sut/contracts/state.ts'
import { verdictOf, type Check } from './check.ts'
import { linesOf, nameOf, playerKey } from './evidence.ts'

type Round = StateOf<'round'>
type Game = StateOf<'game'>

/** Anyone can compute the outcome of a round again from its seeds: it is what was promised, and what was paid. */
export const outcomesRederived: Check = {
  name: 'outcomes-rederived',
  title: 'Every outcome follows from its published seeds',
  needs: ['state'],
  run({ state }, evidence) {
    const verdict = verdictOf('outcomes-rederived')
    const games = new Map(state.game.map((game) => [gameKey(game.game_id, game.version), game]))
    for (const round of state.round) {
      if (round.status !== 'completed') continue
      verdict.examine()
      const what = wrongWith(round, games.get(gameKey(round.game_id, round.game_version)))
      if (what === null) continue
      const operation = evidence.operationsByKey.get(playerKey(round.player_id, round.key))?.[0]
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

function wrongWith(round: Round, game: Game | undefined): string | null {
  if (game === undefined) return `the state has no game ${round.game_id} of version ${round.game_version}`
  if (seedHash(round.server_seed) !== round.server_seed_hash) return 'its server seed is not the one that was promised'
  const stops = drawStops(round.server_seed, round.client_seed, round.nonce, game.reels)
  if (round.stops === null || stops.join() !== round.stops.join())
    return `its stops are ${round.stops?.join(', ') ?? 'missing'}, its seeds give ${stops.join(', ')}`
  const win_minor = winOf(stops, BigInt(round.stake_minor), game)
  if (round.win_minor !== null && win_minor === BigInt(round.win_minor)) return null
  return `its win is ${round.win_minor ?? 'missing'}, its stops pay ${win_minor}`
}
