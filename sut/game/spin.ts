import { newId } from '#lib/random.ts'
import type { SpinResult } from '#sut/contracts/api.ts'
import type { GameDefinition, RoundRequest } from '#sut/contracts/bodies.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { DrawnWith, WinOf } from '#sut/designs/parts.ts'
import { answerOf, checkSame, draw, type Round } from './round.ts'
import { play, type RoundParts } from './rounds.ts'
import type { SeedStore } from './seed-store.ts'

export interface SpinParts extends RoundParts {
  drawnWith: DrawnWith
  winOf: WinOf
  seeds: Pick<SeedStore, 'begin' | 'end' | 'isUsedUp'>
  definition: (game_id: string) => Promise<GameDefinition>
}

/**
 * session.check, seed read ──► round stored with its nonce and outcome ──► bet ──► win, when there is one ──► round completed
 *                                              session.reserve before the bet, for a player with a loss limit
 *
 * The same key again goes on where the round stands, or answers what was answered. Throws Problem: what the session or the
 * wallet refuses, idempotency_conflict, round_cancelled, unavailable, deadline_exceeded.
 */
export async function spin(request: RoundRequest, parts: SpinParts, deadline_ms: number): Promise<SpinResult> {
  const { round, reserve } = await openRound(request, parts, deadline_ms)
  checkSame(round, request)
  return answerOf(await play(round, parts, deadline_ms, reserve))
}

type Place = Awaited<ReturnType<SpinParts['store']['look']>>
interface Opened {
  round: Round
  reserve: boolean
}

async function openRound(request: RoundRequest, parts: SpinParts, deadline_ms: number): Promise<Opened> {
  const { player_id, session_id, stake_minor, key } = request
  try {
    // Beside the session's check: the seed costs no time of its own.
    const [{ game_id, reserve }, place] = await Promise.all([
      parts.call('session.check', { params: { id: session_id }, body: { player_id, stake_minor }, deadline_ms }),
      parts.store.look(player_id, key),
    ])
    return { round: await openAt(place, request, await parts.definition(game_id), parts), reserve }
  } catch (error) {
    // A round that was begun is finished, even if its session has ended since then.
    const begun = error instanceof Problem ? await parts.store.find(player_id, request.key) : undefined
    if (begun === undefined) throw error
    // Whether the player has a limit is not known now: to reserve for one who has none does nothing.
    return { round: begun, reserve: true }
  }
}

/** Each failure means that another round of the same player was opened. Beyond this, somebody sends far more than a person can. */
const openings_max = 30

/** Without a lock: the round is drawn with the next nonce, and stored only if nobody has taken that since; else once more. */
async function openAt(start: Place, request: RoundRequest, game: GameDefinition, parts: SpinParts): Promise<Round> {
  const { store, seeds } = parts
  let place = start
  for (let attempt = 0; attempt < openings_max; attempt++) {
    const { round, seed } = place
    if (round !== undefined) return round
    if (seed === undefined) await seeds.begin(request.player_id)
    else if (seeds.isUsedUp(seed)) await seeds.end(seed)
    else {
      const drawn = { ...seed, server_seed: parts.drawnWith(seed.server_seed) }
      const opened = await store.open(draw(request, game, { round_id: newId(), seed: drawn, winOf: parts.winOf }))
      if (opened !== undefined) return opened
    }
    place = await store.look(request.player_id, request.key)
  }
  throw new Problem('unavailable', 'too many spins of one player at once: try again')
}
