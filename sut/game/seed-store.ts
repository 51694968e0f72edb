import { randomBytes } from 'node:crypto'
import { seedHash } from '#sut/contracts/fairness.ts'
import type { SeedShown } from '#sut/designs/parts.ts'
import type { Database } from '#sut/platform/database.ts'
import type { Sealing } from '#sut/platform/sealing.ts'

// Server seeds, promised before they are used. All changes are compare-and-set: no lock is held from one statement to the next.
//
// A seed is stored sealed, with a secret that the database does not have: who reads the database, its log or a copy of it can foretell
// no round. Whoever shows a seed to somebody asks `isShown` first.
export interface Seed {
  seed_id: bigint
  player_id: string
  /** 0, 1, 2 … of its player. */
  ordinal: number
  server_seed: string
  server_seed_hash: string
  /** Of the next round that is opened with it; so also the number of its rounds. */
  next_nonce: number
}

export interface SeedStore {
  /** Gives a player the first two seeds, unless there are some already. */
  begin(player_id: string): Promise<void>
  /** The active seed and the one that follows; undefined: the player has none yet. */
  current(player_id: string): Promise<{ active: Seed; following: Seed } | undefined>
  /** The seed that ended last before this one. */
  before(seed: Seed): Promise<Seed | undefined>
  /** Whether a round of the seed has not ended. */
  hasOpenRound(seed: Seed): Promise<boolean>
  /** Whether it has served as many rounds as a seed may. */
  isUsedUp(seed: Seed): boolean
  /**
   * Ends the active seed, and answers the seed that was put behind its follower; undefined when a round was opened with it, or it
   * was ended, since it was read.
   */
  end(seed: Seed): Promise<Seed | undefined>
}

/** A seed as it is stored. In clear: one from before seeds were sealed. */
export type SeedRow = Omit<Seed, 'server_seed'> & SealedSeed
export interface SealedSeed {
  player_id: string
  server_seed_hash: string
  sealed: Buffer | null
  server_seed: string | null
}

/** Bound to its player and its promise. */
const nameOf = ({ player_id, server_seed_hash }: Omit<SealedSeed, 'sealed' | 'server_seed'>): string =>
  `${player_id}:${server_seed_hash}`
export const purpose = 'slot-chaos server seeds'
/** Throws when it was sealed for another player or promise, or by another secret. */
export const opened = (row: SealedSeed, seal: Sealing): string =>
  row.sealed === null ? row.server_seed! : seal.open(row.sealed, nameOf(row))
export const seedOf = ({ sealed, server_seed, ...row }: SeedRow, seal: Sealing): Seed => ({
  ...row,
  server_seed: opened({ ...row, sealed, server_seed }, seal),
})

/** No round is opened with a seed that has ended, so the last open one reveals it for good. */
export const isShown: SeedShown = ({ ended, has_open_round }) => ended && !has_open_round
/** Whether a round of `seeds` is open. */
export const has_open_round_sql = `EXISTS (
    SELECT FROM rounds AS other WHERE other.seed_id = seeds.seed_id AND other.status NOT IN ('completed', 'cancelled'))`

const columns = 'seed_id, player_id, ordinal, sealed, server_seed, server_seed_hash, next_nonce'
/** What the spin's path reads, too: see sut/game/round-store.ts. */
export const active_sql = `SELECT ${columns} FROM seeds WHERE player_id = $1 AND NOT ended ORDER BY ordinal LIMIT`

// Those of a player that were ended by the migration that sealed all others are counted on.
const begin_sql = `INSERT INTO seeds (player_id, ordinal, sealed, server_seed_hash)
  SELECT $1::text, first + number, seal, hash
  FROM (SELECT coalesce(max(ordinal) + 1, 0) AS first FROM seeds WHERE player_id = $1
      HAVING bool_and(ended) IS NOT FALSE) AS known,
    (VALUES (0, $2::bytea, $3::text), (1, $4::bytea, $5::text)) AS fresh (number, seal, hash)
  ON CONFLICT (player_id, ordinal) DO NOTHING`
// One statement: there is always a seed behind the active one.
const end_sql = `WITH ended AS (
    UPDATE seeds SET ended = true WHERE seed_id = $1 AND next_nonce = $2 AND NOT ended RETURNING player_id, ordinal
  )
  INSERT INTO seeds (player_id, ordinal, sealed, server_seed_hash)
  SELECT player_id, ordinal + 2, $3::bytea, $4::text FROM ended RETURNING ${columns}`

/** 256 random bits, hex, and what is promised of them. */
export function freshSeed(): { server_seed: string; server_seed_hash: string } {
  const server_seed = randomBytes(32).toString('hex')
  return { server_seed, server_seed_hash: seedHash(server_seed) }
}

interface Parts {
  database: Pick<Database, 'query'>
  seal: Sealing
  rounds_per_seed_max: number
}

export function seedStore({ database, seal, rounds_per_seed_max }: Parts): SeedStore {
  const fresh = (player_id: string): [sealed: Buffer, server_seed_hash: string] => {
    const { server_seed, server_seed_hash } = freshSeed()
    return [seal.close(server_seed, nameOf({ player_id, server_seed_hash })), server_seed_hash]
  }
  const ask = async (text: string, values: unknown[], name: string): Promise<Seed[]> => {
    const rows = await database.query<SeedRow>(text, values, { name })
    return rows.map((row) => seedOf(row, seal))
  }
  return {
    async begin(player_id) {
      await database.query(begin_sql, [player_id, ...fresh(player_id), ...fresh(player_id)], { name: 'seed-begin' })
    },
    async current(player_id) {
      const [active, following] = await ask(`${active_sql} 2`, [player_id], 'seed-current')
      return active === undefined || following === undefined ? undefined : { active, following }
    },
    async before({ player_id, ordinal }) {
      const text = `SELECT ${columns} FROM seeds WHERE player_id = $1 AND ordinal = $2`
      const [row] = await ask(text, [player_id, ordinal - 1], 'seed-before')
      return row
    },
    async hasOpenRound({ seed_id }) {
      const [row] = await database.query<{ open: boolean }>(
        `SELECT ${has_open_round_sql} AS open FROM seeds WHERE seed_id = $1`,
        [seed_id],
        { name: 'seed-open' },
      )
      return row!.open
    },
    isUsedUp: ({ next_nonce }) => next_nonce >= rounds_per_seed_max,
    async end({ seed_id, next_nonce, player_id }) {
      const [row] = await ask(end_sql, [seed_id, next_nonce, ...fresh(player_id)], 'seed-end')
      return row
    },
  }
}
