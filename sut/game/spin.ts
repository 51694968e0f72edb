import { newId } from '#lib/random.ts'
import type { SpinResult } from '#sut/contracts/api.ts'
import type { GameDefinition, RoundRequest } from '#sut/contracts/calls.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { answerOf, checkSame, draw, freshServerSeed, type Round } from './round.ts'
import { play, type RoundParts } from './rounds.ts'

export interface SpinParts extends RoundParts {
  definition: (game_id: string) => Promise<GameDefinition>
}

/**
 * session.check ──► round stored with its outcome ──► bet ──► win, when there is one ──► round completed
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

interface Opened {
  round: Round
  reserve: boolean
}

async function openRound(request: RoundRequest, parts: SpinParts, deadline_ms: number): Promise<Opened> {
  const { player_id, session_id, stake_minor } = request
  try {
    const { game_id, reserve } = await parts.call('session.check', {
      params: { id: session_id },
      body: { player_id, stake_minor },
      deadline_ms,
    })
    const seeds = { round_id: newId(), server_seed: freshServerSeed() }
    const round = await parts.store.open(draw(request, await parts.definition(game_id), seeds))
    return { round, reserve }
  } catch (error) {
    // A round that was begun is finished, even if its session has ended since then.
    const begun = error instanceof Problem ? await parts.store.find(player_id, request.key) : undefined
    if (begun === undefined) throw error
    // Whether the player has a limit is not known now: to reserve for one who has none does nothing.
    return { round: begun, reserve: true }
  }
}
