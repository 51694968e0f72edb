import type { RoundProof } from '#sut/contracts/api.ts'
import type { GameDefinition } from '#sut/contracts/bodies.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { RoundStore } from './round-store.ts'

export interface ProofParts {
  store: Pick<RoundStore, 'proven'>
  /** A game as it was in that version. */
  version: (game_id: string, version: number) => Promise<Pick<GameDefinition, 'reels' | 'pays'>>
}

/**
 * All that it takes to derive a round again, and its server seed once that is revealed. Throws Problem not_found when the player has
 * no such round, round_open while the round has not ended: its outcome must not be known before it stands.
 */
export async function proofOf(player_id: string, round_id: string, parts: ProofParts): Promise<RoundProof> {
  const found = await parts.store.proven(player_id, round_id)
  if (found === undefined) throw new Problem('not_found', 'you have no such round')
  const { round, server_seed } = found
  const { status } = round
  if (status !== 'completed' && status !== 'cancelled')
    throw new Problem('round_open', 'the round has not ended: try again in a moment')
  const { reels, pays } = await parts.version(round.game_id, round.game_version)
  return {
    round_id,
    status,
    game_id: round.game_id,
    game_version: round.game_version,
    reels,
    pays,
    stake_minor: Number(round.stake_minor),
    // What was paid. A cancelled round took no stake, so what was drawn for it does not count.
    win_minor: status === 'completed' ? Number(round.win_minor) : 0,
    ...(status === 'completed' ? { stops: round.stops } : {}),
    server_seed_hash: round.server_seed_hash,
    client_seed: round.client_seed,
    nonce: round.nonce,
    ...(server_seed === null ? {} : { server_seed }),
  }
}
