import type { GameDefinition } from '#sut/contracts/bodies.ts'

/**
 * Exact return to player: what is paid over all stop combinations, per unit staked on each. All reels must show the same
 * symbol on the centre row, and reels stop independently and uniformly, so with n(r, s) stops of reel r that show symbol s
 *
 *   RTP = Σ over symbols s of pays[s] × Π over reels r of n(r, s)   /   Π over reels r of length(r)
 */
export function returnToPlayer({ reels, pays }: Pick<GameDefinition, 'reels' | 'pays'>): number {
  let paid = 0n
  for (const [symbol, pay] of Object.entries(pays)) {
    const combinations = reels.reduce((product, reel) => product * BigInt(countOf(reel, Number(symbol))), 1n)
    paid += BigInt(pay) * combinations
  }
  const combinations = reels.reduce((product, reel) => product * BigInt(reel.length), 1n)
  return Number(paid) / Number(combinations)
}

const countOf = (reel: readonly number[], symbol: number): number => reel.filter((stop) => stop === symbol).length

/** How far a declared value may be from the exact one: declared values are rounded. */
export const declaredTolerance = 0.0001

/** Throws when the declared return is not what reels and pays give: such a game must never be played. */
export function assertDeclaredReturn(game: GameDefinition): GameDefinition {
  const exact = returnToPlayer(game)
  if (Math.abs(exact - game.return_to_player) > declaredTolerance)
    throw new Error(
      `game ${game.game_id} version ${game.version} declares a return of ${game.return_to_player}, its reels give ${exact}`,
    )
  return game
}
