import type { GameDefinition } from '#sut/contracts/bodies.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Platform } from '#sut/platform/platform.ts'
import { assertDeclaredReturn } from './return-to-player.ts'
import { dumpGames, readGame, readGames, readVersion, type Reader } from './store.ts'

// Games change a few times a year, and are read on every spin: process → Redis → read replica. A new version is played
// everywhere after the sum of both ages; until then a round keeps the version that it began with.
const ages = { memory_ms: 5_000, shared_ms: 30_000 }

/** Needs the database; Redis makes it faster. Does not start with a game that declares another return than its reels give. */
export async function wireCatalog(platform: Platform): Promise<void> {
  const database = platform.database()
  for (const game of await readGames(database)) assertDeclaredReturn(game)

  // A standby that has just joined may not know the tables, or a new game, yet.
  const replica = database.replica()
  const read = async <T>(from: (reader: Reader) => Promise<T>): Promise<T> =>
    (await from(replica).catch(() => undefined)) ?? from(database)

  const games = platform.layered<GameDefinition[]>({
    name: 'games',
    ...ages,
    load: async () => (await read(readGames)).map(assertDeclaredReturn),
  })
  const game = platform.layered<GameDefinition>({
    name: 'game',
    ...ages,
    load: async (game_id) => {
      const found = await read((reader) => readGame(reader, game_id))
      if (found === undefined) throw new Problem('not_found', `there is no game ${game_id}`)
      return assertDeclaredReturn(found)
    },
  })

  platform.dump('games', () => dumpGames(database))
  const gameNow = platform.part('catalog.game', (game_id) => game.get(game_id))
  platform.serve('catalog.game', ({ params }) => gameNow(params['id']!))
  const gameThen = platform.part('catalog.version', async (game_id, version) => {
    const found = await read((reader) => readVersion(reader, game_id, version))
    if (found === undefined) throw new Problem('not_found', `there is no game ${game_id} of version ${version}`)
    return found
  })
  platform.serve('catalog.version', ({ params: { id, version } }) =>
    gameThen(id!, /^[1-9]\d{0,8}$/.test(version!) ? Number(version) : 0),
  )
  platform.serve('catalog.games', async () => {
    const all = await games.get('all')
    return {
      games: all.map(({ game_id, title, version, return_to_player }) => ({
        game_id,
        title,
        version,
        return_to_player,
      })),
    }
  })
}
