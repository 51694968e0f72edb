import type { Call } from '#sut/platform/platform.ts'

const known_max = 1_000

/** Throws Problem not_found for a game that the catalog does not know. Games never vanish, so each is asked for once. */
export function knownGames(call: Call): (game_id: string, deadline_ms: number) => Promise<void> {
  const known = new Set<string>()
  return async (game_id, deadline_ms) => {
    if (known.has(game_id)) return
    await call('catalog.game', { params: { id: game_id }, deadline_ms })
    if (known.size < known_max) known.add(game_id)
  }
}
