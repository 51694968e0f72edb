import type { RoundEnded } from '#sut/contracts/events.ts'
import type { DedupeKey, SeedShown } from '#sut/designs/parts.ts'
import type { Database } from '#sut/platform/database.ts'
import type { Sealing } from '#sut/platform/sealing.ts'
import { currentTrace, sampledHeader } from '#sut/platform/trace.ts'
import type { NewRound, Round, RoundStatus } from './round.ts'
import {
  type Seed,
  type SeedRow,
  type SealedSeed,
  active_sql,
  has_open_round_sql,
  opened,
  seedOf,
} from './seed-store.ts'

/** What changes when a round goes on. */
export interface Move {
  to: RoundStatus
  /** The answer of the transfer that made the move possible. */
  answer?: { balance_minor: number; version: number }
  refusal?: string
  /** With a final status: leaves through the outbox, in the same transaction. */
  event?: RoundEnded
  /** With a final status: the resolver ended it. */
  resolved?: boolean
}

export interface RoundStore {
  /** The round of this player and key, if there is one. */
  find(player_id: string, key: string): Promise<Round | undefined>
  /** The round of this player and key; where there is none, the active seed of the player at the same moment, if there is one. */
  look(player_id: string, key: string): Promise<{ round?: Round; seed?: Seed }>
  /**
   * Stores the round and takes its nonce from its seed, both or neither; undefined when the nonce is taken, or the seed ended. Then
   * another round of the player may have been opened since `look`, perhaps with the same key; else none was.
   */
  open(round: NewRound): Promise<Round | undefined>
  byId(round_id: string): Promise<Round>
  /** Compare and set: undefined when the round is not in the status any more that it is handed in with. */
  move(round: Round, move: Move): Promise<Round | undefined>
  /** Unfinished rounds that nobody has finished in time, at most `limit`; no other resolver gets them for `lease_ms`. */
  claim(limit: number, lease_ms: number): Promise<Round[]>
  /** A round of this player, and its server seed; null until that is revealed. */
  proven(player_id: string, round_id: string): Promise<{ round: Round; server_seed: string | null } | undefined>
  /** Wins less stakes of the rounds of one session whose bet stands. */
  netOf(player_id: string, session_id: string): Promise<number>
  /** Rounds that are not final. */
  openCount(): Promise<number>
}

// A Round as it is stored. Named one by one: a spin pays for each column that is read.
const columns = `rounds.round_id, rounds.player_id, rounds.key, rounds.session_id, rounds.game_id, rounds.game_version,
  rounds.status, rounds.stake AS stake_minor, rounds.seed_id, rounds.server_seed_hash,
  rounds.client_seed, rounds.nonce, rounds.stops, rounds.win AS win_minor, rounds.balance_after AS balance_minor,
  rounds.version, rounds.refusal`

// One row, of nulls where there is no round and where there is no seed.
const look_sql = `SELECT rounds.round_id, active.* FROM (SELECT) AS once LEFT JOIN (${active_sql} 1) AS active ON true
  LEFT JOIN rounds ON rounds.player_id = $1 AND rounds.dedupe_key = $2`
// One statement, one transaction: a nonce is taken if and only if its round is opened. Who comes second waits here for the first
// one's commit, finds the nonce gone, and has to look again. The copy of the hash is the one that was promised.
const open_sql = `WITH taken AS (
    UPDATE seeds SET next_nonce = next_nonce + 1 WHERE seed_id = $10 AND next_nonce = $11 AND NOT ended
    RETURNING seed_id, server_seed_hash
  )
  INSERT INTO rounds (round_id, player_id, key, dedupe_key, session_id, game_id, game_version, status, stake,
    client_seed, seed_id, nonce, server_seed_hash, stops, win, resolve_after)
  SELECT $1, $2, $3, $4, $5, $6, $7::integer, 'opened', $8::bigint, $9, seed_id,
    $11::integer, server_seed_hash, $12::integer[], $13::bigint, now() + $14 * interval '1 ms'
  FROM taken RETURNING server_seed_hash`
// One statement, one transaction: the event exists if and only if the move was made. A round to be cancelled is the
// resolver's at once.
const move_sql = `WITH moved AS (
    UPDATE rounds SET status = $3, balance_after = coalesce($4, balance_after), version = coalesce($5, version),
      refusal = coalesce($6, refusal), resolved = $9,
      resolve_after = CASE WHEN $3 = 'cancelling' THEN now() ELSE resolve_after END
    WHERE round_id = $1 AND status = $2 RETURNING player_id, status, balance_after, version, refusal
  ), said AS (
    INSERT INTO outbox (event_id, type, player_id, body, traceparent)
    SELECT $7::jsonb->>'id', $7::jsonb->>'type', player_id, $7::jsonb, $8 FROM moved WHERE $7::jsonb IS NOT NULL
  )
  SELECT status, balance_after AS balance_minor, version, refusal FROM moved`
// ARRAY: the inner query runs once; as a plain IN it could run again for each row and take more than the limit.
const claim_sql = `UPDATE rounds SET resolve_after = now() + $2 * interval '1 ms' WHERE round_id = ANY (ARRAY(
    SELECT round_id FROM rounds WHERE status NOT IN ('completed', 'cancelled') AND resolve_after <= now()
    ORDER BY resolve_after LIMIT $1 FOR UPDATE SKIP LOCKED
  )) RETURNING ${columns}`

// A round without a seed_id is from before seeds served several rounds: its own is revealed with it.
export const shown_columns = `seeds.sealed, coalesce(rounds.server_seed, seeds.server_seed) AS server_seed,
  coalesce(ended, true) AS ended, ${has_open_round_sql} AS has_open_round`
const proven_sql = `SELECT ${columns}, ${shown_columns}
  FROM rounds LEFT JOIN seeds USING (seed_id) WHERE round_id = $1 AND rounds.player_id = $2`

type LookRow = { round_id: string | null } & (SeedRow | { seed_id: null })
type PromisedSeed = Pick<Round, 'server_seed_hash'>
export type ShownRow = SealedSeed & Parameters<SeedShown>[0]
type Moved = Pick<Round, 'status' | 'balance_minor' | 'version' | 'refusal'>
const newly_opened: Moved = { status: 'opened', balance_minor: null, version: null, refusal: null }

interface Parts {
  database: Pick<Database, 'query'>
  seal: Sealing
  isShown: SeedShown
  dedupeKey: DedupeKey
  /** Age from which on a resolver may take an unfinished round. */
  resolve_after_ms: number
}

export function roundStore({ database, seal, isShown, dedupeKey, resolve_after_ms }: Parts): RoundStore {
  const byId = async (round_id: string): Promise<Round> => {
    const [round] = await database.query<Round>(`SELECT ${columns} FROM rounds WHERE round_id = $1`, [round_id], {
      name: 'round-by-id',
    })
    if (round === undefined) throw new Error(`round ${round_id} is gone`)
    return round
  }

  return {
    async find(player_id, key) {
      const [round] = await database.query<Round>(
        `SELECT ${columns} FROM rounds WHERE player_id = $1 AND dedupe_key = $2`,
        [player_id, dedupeKey(key)],
        { name: 'round-find' },
      )
      return round
    },
    async look(player_id, key) {
      const [row] = await database.query<LookRow>(look_sql, [player_id, dedupeKey(key)], { name: 'round-look' })
      const { round_id, ...seed } = row!
      // Of a key that was sent before: so rarely that a statement of its own is the cheaper way to its other columns.
      if (round_id !== null) return { round: await byId(round_id) }
      return seed.seed_id === null ? {} : { seed: seedOf(seed, seal) }
    },
    async open(round) {
      const values = valuesOf(round, dedupeKey(round.key), resolve_after_ms)
      const [promised] = await database.query<PromisedSeed>(open_sql, values, { name: 'round-open' })
      return promised && { ...round, ...promised, ...newly_opened }
    },
    byId,
    async move(round, { to, answer, refusal, event, resolved = false }) {
      const { round_id, status } = round
      const values = [round_id, status, to, answer?.balance_minor ?? null, answer?.version ?? null, refusal ?? null]
      const said = [event ?? null, event === undefined ? null : sampledHeader(currentTrace())]
      const [after] = await database.query<Moved>(move_sql, [...values, ...said, resolved], { name: 'round-move' })
      return after && { ...round, ...after }
    },
    claim: (limit, lease_ms) => database.query<Round>(claim_sql, [limit, lease_ms], { name: 'round-claim' }),
    async proven(player_id, round_id) {
      const [row] = await database.query<Round & ShownRow>(proven_sql, [round_id, player_id], { name: 'round-proven' })
      if (row === undefined) return undefined
      const { sealed, server_seed, ended, has_open_round, ...round } = row
      const shown = isShown({ ended, has_open_round })
      return { round, server_seed: shown ? opened({ ...round, sealed, server_seed }, seal) : null }
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
  round.client_seed,
  round.seed_id,
  round.nonce,
  round.stops,
  round.win_minor,
  resolve_after_ms,
]
