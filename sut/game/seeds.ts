import type { ActiveSeed, SeedRotated } from '#sut/contracts/api.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Seed, SeedStore } from './seed-store.ts'

// A player's server seed: promised by its hash before a round, used for many, revealed when no round needs it any more.
//
//   following ──the active one ends──► active ──rotation, or rounds_per_seed_max──► ended ──its last open round ends──► revealed
//
/** So that a player who never rotates can still check rounds that are not long ago. */
export const rounds_per_seed_max = 1000
/** How often a seed may change between two statements of ours: each time a round of the same player was opened. */
const tries_max = 20

/** What the next round of the player will be drawn with, as far as it may be known. */
export async function promised(player_id: string, seeds: SeedStore): Promise<ActiveSeed> {
  const { active, following } = await ensured(player_id, seeds)
  return promiseOf(active, following)
}

/**
 * Ends the active seed and reveals it. Asked for again before the new one has served a round, it ends nothing and gives the same
 * answer: so an answer that was lost can be had again. (Once it has, the old seed is in the proofs of its rounds.)
 *
 * Refuses with round_open while a round of the seed has not ended: who knew the outcome of a round whose bet is not placed yet could
 * still spend the money elsewhere and so choose. A round ends within seconds, by its request or by the resolver. A seed that has
 * ended by itself is not waited for (spins would stand still): it is revealed in proofs once its last round has ended.
 */
export async function rotate(player_id: string, seeds: SeedStore): Promise<SeedRotated> {
  for (let attempt = 0; attempt < tries_max; attempt++) {
    const { active, following } = await ensured(player_id, seeds)
    const before = active.next_nonce === 0 ? await seeds.before(active) : undefined
    // After the seed was read: a round that is opened from now on changes its next nonce, and `end` does nothing.
    if (await seeds.hasOpenRound(before ?? active))
      throw new Problem('round_open', 'a round of this seed has not ended: try again in a moment')
    if (before !== undefined) return { revealed: revealOf(before), next: promiseOf(active, following) }
    const last = await seeds.end(active)
    if (last !== undefined) return { revealed: revealOf(active), next: promiseOf(following, last) }
  }
  throw new Problem('unavailable', 'the player opens rounds all the time: try again')
}

async function ensured(player_id: string, seeds: SeedStore): Promise<{ active: Seed; following: Seed }> {
  const known = await seeds.current(player_id)
  if (known !== undefined) return known
  await seeds.begin(player_id)
  const made = await seeds.current(player_id)
  if (made === undefined) throw new Error(`player ${player_id} has no seeds`)
  return made
}

const promiseOf = (active: Seed, following: Seed): ActiveSeed => ({
  server_seed_hash: active.server_seed_hash,
  next_nonce: active.next_nonce,
  next_server_seed_hash: following.server_seed_hash,
})
const revealOf = ({ server_seed, server_seed_hash, next_nonce }: Seed): SeedRotated['revealed'] => ({
  server_seed,
  server_seed_hash,
  rounds: next_nonce,
})
