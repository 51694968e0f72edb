import type { GameDefinition } from '#sut/contracts/bodies.ts'
import type { StateOf } from '#sut/contracts/state.ts'
import type { Database } from '#sut/platform/database.ts'

export type Reader = Pick<Database, 'query'>

const definition = 'v.game_id, g.title, v.version, v.return_to_player, v.reels, v.pays'
const current = 'from games g join game_versions v on v.game_id = g.game_id and v.version = g.version'

/** Games in the version that new rounds are played with, by id. */
export const readGames = (reader: Reader): Promise<GameDefinition[]> =>
  reader.query<GameDefinition>(`select ${definition} ${current} order by g.game_id`)

export async function readGame(reader: Reader, game_id: string): Promise<GameDefinition | undefined> {
  const rows = await reader.query<GameDefinition>(`select ${definition} ${current} where g.game_id = $1`, [game_id])
  return rows[0]
}

/** A game as it was in that version. */
export async function readVersion(
  reader: Reader,
  game_id: string,
  version: number,
): Promise<GameDefinition | undefined> {
  const rows = await reader.query<GameDefinition>(
    `select ${definition} from games g join game_versions v using (game_id) where v.game_id = $1 and v.version = $2`,
    [game_id, version],
  )
  return rows[0]
}

/** Every version that a round may have been played with. */
export async function* dumpGames(reader: Reader): AsyncIterable<StateOf<'game'>> {
  const rows = await reader.query<Omit<StateOf<'game'>, 'kind'>>(
    'select game_id, version, return_to_player, reels, pays from game_versions order by game_id, version',
  )
  for (const row of rows) yield { kind: 'game', ...row }
}
