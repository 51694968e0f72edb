import type { GameDefinition } from '#sut/contracts/bodies.ts'
import type { Layered } from '#sut/platform/cache.ts'

/**
 * Definitions through the cache; while the catalog is away, the last one that this process has seen, so that games go on.
 * Bounded by the number of games of the catalog.
 */
export function definitions(cache: Layered<GameDefinition>): (game_id: string) => Promise<GameDefinition> {
  const seen = new Map<string, GameDefinition>()
  return async (game_id) => {
    try {
      const definition = await cache.get(game_id)
      seen.set(game_id, definition)
      return definition
    } catch (error) {
      const last = seen.get(game_id)
      if (last === undefined) throw error
      return last
    }
  }
}
