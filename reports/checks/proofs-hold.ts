import type { StateOf } from '#sut/contracts/state.ts'
import { askedBy, spinsFor } from '../model/askers.ts'
import { payOf, returnOf, sha256, stopsOf } from '../model/outcome.ts'
import { platformOf } from '../model/platform.ts'
import { brokenPromises, exchangedSeeds } from '../model/seed-promises.ts'
import type { State } from '../record/record.ts'
import { verdictOf, type Check } from './check.ts'
import { ended, numberIn, type Evidence, type Operation } from './evidence.ts'
import { witnessOf } from './report.ts'

type Round = StateOf<'round'>

/**
 * What players are shown to verify their rounds with is true: proofs are of the round in the books, promises come before the rounds that
 * they bind, and a seed that is revealed draws no round any more.
 */
export const proofsHold: Check = {
  name: 'proofs-hold',
  title: 'Proofs and promises of outcomes hold',
  needs: ['history', 'state'],
  dangers: [
    { name: 'proofs_read', what: 'proofs of rounds that were read', brought_about_by: 'reader' },
    {
      name: 'seeds_revealed',
      what: 'seeds that were revealed, held against their promise and the rounds that they served',
      brought_about_by: 'the end of the load: every player’s seed is rotated',
    },
    { name: 'promises_read', what: 'active seeds that were read', brought_about_by: 'reader' },
    {
      name: 'games_listed',
      what: 'games that were shown, with what they say to return, held against their reels and pays',
      brought_about_by: 'every actor that logs in',
    },
  ],
  run({ run, state }, evidence) {
    const verdict = verdictOf('proofs-hold')
    const { rounds_per_seed_max } = platformOf(run.settings)
    const bySeed = Map.groupBy(state.round, (round) => round.server_seed_hash)
    for (const operation of evidence.operations) {
      const judge = judges[operation.kind]
      if (judge === undefined || !ended(operation, 'ok')) continue
      verdict.examine()
      verdict.exercise(judge.danger)
      const found = judge.wrong(operation, { state, evidence, bySeed })
      if (found !== null) verdict.violate(() => witnessOf(operation, found.what, evidence, found.entries))
    }
    for (const { operation, what, others } of [
      ...brokenPromises(evidence),
      ...exchangedSeeds(state, evidence, rounds_per_seed_max),
    ])
      verdict.violate(() => witnessOf(operation, what, evidence, [], others))
    return verdict.outcome()
  },
}

interface Books {
  state: State
  evidence: Evidence
  bySeed: ReadonlyMap<string, readonly Round[]>
}
type Finding = { what: string; entries: (object | undefined)[] } | null
interface Judge {
  danger: string
  wrong(operation: Operation, books: Books): Finding
}

const objectIn = (value: Record<string, unknown>, name: string): Record<string, unknown> => {
  const found = value[name]
  return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {}
}

/** A seed that somebody knows may draw nothing any more. */
function drawsOn(hash: string, known_ms: number, { evidence, bySeed }: Books): Round | undefined {
  return bySeed.get(hash)?.find((round) => {
    const { by, from_ms } = askedBy(spinsFor(round, evidence))
    return by.length > 0 && from_ms > known_ms
  })
}

/** Whether this is the seed that was promised, and what it was used for after it was known. */
function wrongSeed(server_seed: unknown, hash: unknown, known_ms: number, books: Books): Finding {
  if (typeof server_seed !== 'string' || typeof hash !== 'string') return { what: 'was told no seed', entries: [] }
  if (sha256(server_seed) !== hash) return { what: `was told a seed that is not the one of ${hash}`, entries: [] }
  const later = drawsOn(hash, known_ms, books)
  return later === undefined
    ? null
    : {
        what: `was told the seed of ${hash}, and round ${later.round_id} was drawn with it afterwards`,
        entries: [later],
      }
}

function wrongProof({ invoke, end, player_id }: Operation, books: Books): Finding {
  const { value, at_ms } = end!
  const round = books.evidence.roundById.get(String(value['round_id'] ?? invoke.value['round_id']))
  const wrong = (what: string): Finding => ({ what, entries: [round] })
  if (round === undefined || round.player_id !== player_id)
    return wrong('was shown a round that the player does not have')
  if (value['round_id'] !== invoke.value['round_id']) return wrong(`was shown round ${round.round_id}`)
  const { status, game_id, game_version, stake_minor, server_seed_hash, client_seed, nonce } = round
  const completed = status === 'completed'
  const game = books.state.game.find((each) => each.game_id === game_id && each.version === game_version)
  const expected = {
    status,
    game_id,
    game_version,
    stake_minor,
    server_seed_hash,
    client_seed,
    nonce,
    win_minor: completed ? round.win_minor : 0,
    stops: completed ? round.stops : undefined,
    ...(game !== undefined && { reels: game.reels, pays: game.pays }),
  }
  for (const [name, wanted] of Object.entries(expected))
    if (canonical(value[name]) !== canonical(wanted))
      return wrong(
        `was shown ${name} ${canonical(value[name]).slice(0, 80)}, the books have ${canonical(wanted).slice(0, 80)}`,
      )
  const { server_seed } = value
  if (server_seed === undefined) return null
  const secret = wrongSeed(server_seed, server_seed_hash, at_ms, books)
  if (secret !== null || !completed || game === undefined || typeof server_seed !== 'string') return secret
  const lengths = game.reels.map(({ length }) => length)
  const stops = stopsOf(server_seed, client_seed, nonce, lengths)
  if (stops.join() !== round.stops?.join()) return wrong(`its seeds give the stops ${stops.join(', ')}`)
  const pay = payOf(game, stops, stake_minor)
  return pay === BigInt(round.win_minor ?? -1) ? null : wrong(`its stops pay ${pay}`)
}

/** Whatever the order of the names in an object. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value) ?? 'nothing'
  return JSON.stringify(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function wrongRotation({ end, player_id }: Operation, books: Books): Finding {
  const revealed = objectIn(end!.value, 'revealed')
  const next = objectIn(end!.value, 'next')
  const { server_seed, server_seed_hash } = revealed
  const secret = wrongSeed(server_seed, server_seed_hash, end!.at_ms, books)
  if (secret !== null) return secret
  const rounds = books.bySeed.get(String(server_seed_hash)) ?? []
  const stranger = rounds.find((round) => round.player_id !== player_id)
  if (stranger !== undefined) return { what: 'was told the seed of another player', entries: [stranger] }
  if (numberIn(revealed, 'rounds') !== rounds.length)
    return {
      what: `was told of ${String(revealed['rounds'])} rounds of its seed, the books have ${rounds.length}`,
      entries: [],
    }
  return next['server_seed_hash'] === server_seed_hash
    ? { what: 'was promised the same seed again', entries: [] }
    : null
}

/** The number of the next round: all that were known have one below it, none that was not asked for yet is counted. */
function wrongPromise({ invoke, end, player_id }: Operation, { evidence, bySeed }: Books): Finding {
  const hash = String(end!.value['server_seed_hash'])
  const next_nonce = numberIn(end!.value, 'next_nonce')
  const rounds = bySeed.get(hash) ?? []
  const stranger = rounds.find((round) => round.player_id !== player_id)
  if (stranger !== undefined) return { what: 'was promised the seed of another player', entries: [stranger] }
  if (next_nonce === undefined) return { what: 'was told no next nonce', entries: [] }
  for (const round of rounds) {
    const { from_ms, known_ms } = askedBy(spinsFor(round, evidence))
    if (known_ms < invoke.at_ms && round.nonce >= next_nonce)
      return {
        what: `was told that nonce ${next_nonce} is next, when ${round.nonce} was known to be used`,
        entries: [round],
      }
    if (from_ms > end!.at_ms && round.nonce < next_nonce)
      return {
        what: `was told that nonce ${next_nonce} is next, and ${round.nonce} was used afterwards`,
        entries: [round],
      }
  }
  return null
}

/** What a game says to return is rounded. */
const return_apart_max = 1e-5

function wrongGames({ end }: Operation, { state }: Books): Finding {
  const listed = Array.isArray(end!.value['games']) ? (end!.value['games'] as Record<string, unknown>[]) : []
  for (const { game_id, version, return_to_player } of listed) {
    const game = state.game.find((each) => each.game_id === game_id && each.version === version)
    const name = `${String(game_id)}, version ${String(version)}`
    if (game === undefined) return { what: `was shown ${name}, which there is not`, entries: [] }
    const returns = returnOf(game)
    if (Math.abs(Number(return_to_player) - returns) <= return_apart_max) continue
    const what = `was shown ${name}, that returns ${String(return_to_player)}; its reels and pays return ${returns.toFixed(6)}`
    return { what, entries: [game] }
  }
  return null
}

const judges: Readonly<Record<string, Judge>> = {
  proof: { danger: 'proofs_read', wrong: wrongProof },
  rotate_seed: { danger: 'seeds_revealed', wrong: wrongRotation },
  seed: { danger: 'promises_read', wrong: wrongPromise },
  games: { danger: 'games_listed', wrong: wrongGames },
}
