import type { RoundEnded } from '#sut/contracts/events.ts'
import type { DedupeKey } from '#sut/designs/idempotency.ts'
import type { Database } from '#sut/platform/database.ts'
import type { NewRound, Round, RoundStatus } from './round.ts'

/** What changes when a round goes on. */
export interface Move {
  from: RoundStatus
  to: RoundStatus
  /** The answer of the transfer that made the move possible. */
  answer?: { balance_minor: number; version: number }
  refusal?: string
  /** With a final status: leaves through the outbox, in the same transaction. */
  event?: RoundEnded
}

export interface RoundStore {
  /** The round of this player and key, if there is one. */
  find(player_id: string, key: string): Promise<Round | undefined>
  /** Stores the round, or answers the one that has its player and key already. */
  open(round: NewRound): Promise<Round>
  byId(round_id: string): Promise<Round>
  /** Compare and set: undefined when the round is not in `from` any more. */
  move(round_id: string, move: Move): Promise<Round | undefined>
  /** Unfinished rounds that nobody has finished in time, at most `limit`; no other resolver gets them for `lease_ms`. */
  claim(limit: number, lease_ms: number): Promise<Round[]>
  /** Wins less stakes of the rounds of one session whose bet stands. */
  netOf(player_id: string, session_id: string): Promise<number>
  /** Rounds that are not final. */
  openCount(): Promise<number>
}

interface RoundRow {
  round_id: string
  player_id: string
  key: string
  session_id: string
  game_id: string
  game_version: number
  status: RoundStatus
  stake: bigint
  server_seed: string
  server_seed_hash: string
  client_seed: string
  nonce: number
  stops: number[]
  win: bigint
  balance_after: bigint | null
  version: bigint | null
  refusal: string | null
}

const open_sql = `INSERT INTO rounds (round_id, player_id, key, dedupe_key, session_id, game_id, game_version, status,
    stake, server_seed, server_seed_hash, client_seed, nonce, stops, win, resolve_after)
  VALUES ($1, $2, $3, $4, $5, $6, $7, 'opened', $8, $9, $10, $11, $12, $13, $14, now() + $15 * interval '1 ms')
  ON CONFLICT (player_id, dedupe_key) DO NOTHING RETURNING *`
// One statement, one transaction: the event exists if and only if the move was made. A round to be cancelled is the
// resolver's at once.
const move_sql = `WITH moved AS (
    UPDATE rounds SET status = $3, balance_after = coalesce($4, balance_after), version = coalesce($5, version),
      refusal = coalesce($6, refusal), resolve_after = CASE WHEN $3 = 'cancelling' THEN now() ELSE resolve_after END
    WHERE round_id = $1 AND status = $2 RETURNING *
  ), said AS (
    INSERT INTO outbox (event_id, type, player_id, body)
    SELECT $7::jsonb->>'id', $7::jsonb->>'type', player_id, $7::jsonb FROM moved WHERE $7::jsonb IS NOT NULL
  )
  SELECT * FROM moved`
// ARRAY: the inner query runs once; as a plain IN it could run again for each row and take more than the limit.
const claim_sql = `UPDATE rounds SET resolve_after = now() + $2 * interval '1 ms' WHERE round_id = ANY (ARRAY(
    SELECT round_id FROM rounds WHERE status NOT IN ('completed', 'cancelled') AND resolve_after <= now()
    ORDER BY resolve_after LIMIT $1 FOR UPDATE SKIP LOCKED
  )) RETURNING *`

interface Parts {
  database: Pick<Database, 'query'>
  dedupeKey: DedupeKey
  /** Age from which on a resolver may take an unfinished round. */
  resolve_after_ms: number
}

export function roundStore({ database, dedupeKey, resolve_after_ms }: Parts): RoundStore {
  const findByDedupeKey = async (player_id: string, dedupe_key: string): Promise<Round | undefined> => {
    const [row] = await database.query<RoundRow>(
      'SELECT * FROM rounds WHERE player_id = $1 AND dedupe_key = $2',
      [player_id, dedupe_key],
      { name: 'round-find' },
    )
    return row && roundOf(row)
  }

  return {
    find: (player_id, key) => findByDedupeKey(player_id, dedupeKey(key)),
    async open(round) {
      const dedupe_key = dedupeKey(round.key)
      const [row] = await database.query<RoundRow>(open_sql, valuesOf(round, dedupe_key, resolve_after_ms), {
        name: 'round-open',
      })
      if (row !== undefined) return roundOf(row)
      const existing = await findByDedupeKey(round.player_id, dedupe_key)
      if (existing === undefined) throw new Error(`round of key ${round.key} neither stored nor found`)
      return existing
    },
    async byId(round_id) {
      const [row] = await database.query<RoundRow>('SELECT * FROM rounds WHERE round_id = $1', [round_id], {
        name: 'round-by-id',
      })
      if (row === undefined) throw new Error(`round ${round_id} is gone`)
      return roundOf(row)
    },
    async move(round_id, { from, to, answer, refusal, event }) {
      const values = [round_id, from, to, answer?.balance_minor ?? null, answer?.version ?? null, refusal ?? null]
      const [row] = await database.query<RoundRow>(move_sql, [...values, event ?? null], { name: 'round-move' })
      return row && roundOf(row)
    },
    async claim(limit, lease_ms) {
      const rows = await database.query<RoundRow>(claim_sql, [limit, lease_ms], { name: 'round-claim' })
      return rows.map(roundOf)
    },
    async netOf(player_id, session_id) {
      // By the index of the player's keys: none of its own, which every spin would pay for.
      const [row] = await database.query<{ net: bigint }>(
        `SELECT coalesce(sum(win - stake), 0)::bigint AS net FROM rounds
         WHERE player_id = $1 AND session_id = $2 AND status IN ('paying', 'completed')`,
        [player_id, session_id],
      )
      return Number(row!.net)
    },
    async openCount() {
      const [row] = await database.query<{ count: bigint }>(
        `SELECT count(*) FROM rounds WHERE status NOT IN ('completed', 'cancelled')`,
      )
      return Number(row!.count)
    },
  }
}

const valuesOf = (round: NewRound, dedupe_key: string, resolve_after_ms: number): unknown[] => [
  round.round_id,
  round.player_id,
  round.key,
  dedupe_key,
  round.session_id,
  round.game_id,
  round.game_version,
  round.stake_minor,
  round.server_seed,
  round.server_seed_hash,
  round.client_seed,
  round.nonce,
  round.stops,
  round.win_minor,
  resolve_after_ms,
]

function roundOf(row: RoundRow): Round {
  const { stake, win, balance_after, ...rest } = row
  return { ...rest, stake_minor: stake, win_minor: win, balance_minor: balance_after }
}
