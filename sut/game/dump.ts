import { pages } from '#lib/pages.ts'
import type { StateLine, StateOf } from '#sut/contracts/state.ts'
import type { SeedShown } from '#sut/designs/parts.ts'
import type { Database } from '#sut/platform/database.ts'
import type { Sealing } from '#sut/platform/sealing.ts'
import { type ShownRow, shown_columns } from './round-store.ts'
import { opened } from './seed-store.ts'

type Source = Pick<Database, 'query'>
type RoundLine = StateOf<'round'>
const page_size = 1000

interface Seals {
  seal: Sealing
  isShown: SeedShown
}

/** All rounds and the outbox of the game. */
export async function* dumpGame(database: Source, seals: Seals): AsyncGenerator<StateLine> {
  yield* rounds(database, seals)
  yield* outbox(database)
}

type RoundRow = Omit<RoundLine, 'kind' | 'stake_minor' | 'win_minor'> & ShownRow & { stake: bigint; win: bigint | null }

/** A cancelled round has no outcome that counts: its stops and win are left out. A seed is left out until it is revealed. */
async function* rounds(database: Source, { seal, isShown }: Seals): AsyncGenerator<RoundLine> {
  const rows = pages<RoundRow>(page_size, (last, size) =>
    database.query(
      `SELECT round_id, rounds.key, rounds.player_id, session_id, game_id, game_version, status, resolved, stake,
         rounds.server_seed_hash, client_seed, nonce, CASE WHEN status <> 'cancelled' THEN stops END AS stops,
         CASE WHEN status <> 'cancelled' THEN win END AS win, ${shown_columns}
       FROM (SELECT * FROM rounds WHERE round_id > $1 ORDER BY round_id LIMIT $2) AS rounds
         LEFT JOIN seeds USING (seed_id)
       ORDER BY round_id`,
      [last?.round_id ?? '', size],
    ),
  )
  for await (const { stake, win, sealed, server_seed, ended, has_open_round, ...row } of rows)
    yield {
      kind: 'round',
      ...row,
      stake_minor: Number(stake),
      win_minor: win === null ? null : Number(win),
      server_seed: isShown({ ended, has_open_round }) ? opened({ ...row, sealed, server_seed }, seal) : null,
    }
}

interface OutboxRow {
  id: bigint
  event_id: string
  type: string
  published: boolean
}
async function* outbox(database: Source): AsyncGenerator<StateOf<'outbox'>> {
  const rows = pages<OutboxRow>(page_size, (last, size) =>
    database.query(
      `SELECT id, event_id, type, published_at IS NOT NULL AS published FROM outbox
       WHERE id > $1 ORDER BY id LIMIT $2`,
      [last?.id ?? 0n, size],
    ),
  )
  for await (const { event_id, type, published } of rows)
    yield { kind: 'outbox', service: 'game', event_id, type, published }
}
