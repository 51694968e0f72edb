import { randomBytes } from 'node:crypto'
import { seedHash } from '#sut/contracts/fairness.ts'
import type { Database } from '#sut/platform/database.ts'

// Server seeds, promised before they are used. All changes are compare-and-set: no lock is held from one statement to the next.
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

const columns = 'seed_id, player_id, ordinal, server_seed, server_seed_hash, next_nonce'
/** What the spin's path reads, too: see sut/game/round-store.ts. */
export const active_sql = `SELECT ${columns} FROM seeds WHERE player_id = $1 AND NOT ended ORDER BY ordinal LIMIT`

const begin_sql = `INSERT INTO seeds (player_id, ordinal, server_seed, server_seed_hash)
  VALUES ($1, 0, $2, $3), ($1, 1, $4, $5) ON CONFLICT (player_id, ordinal) DO NOTHING`
// One statement: there is always a seed behind the active one.
const end_sql = `WITH ended AS (
    UPDATE seeds SET ended = true WHERE seed_id = $1 AND next_nonce = $2 AND NOT ended RETURNING player_id, ordinal
  )
  INSERT INTO seeds (player_id, ordinal, server_seed, server_seed_hash)
  SELECT player_id, ordinal + 2, $3::text, $4::text FROM ended RETURNING ${columns}`

/** 256 random bits, hex, and what is promised of them. */
export function freshSeed(): { server_seed: string; server_seed_hash: string } {
  const server_seed = randomBytes(32).toString('hex')
  return { server_seed, server_seed_hash: seedHash(server_seed) }
}

interface Parts {
  database: Pick<Database, 'query'>
  rounds_per_seed_max: number
}

export function seedStore({ database, rounds_per_seed_max }: Parts): SeedStore {
  return {
    async begin(player_id) {
      const [first, second] = [freshSeed(), freshSeed()]
      const values = [first.server_seed, first.server_seed_hash, second.server_seed, second.server_seed_hash]
      await database.query(begin_sql, [player_id, ...values], { name: 'seed-begin' })
    },
    async current(player_id) {
      const rows = await database.query<Seed>(`${active_sql} 2`, [player_id], { name: 'seed-current' })
      const [active, following] = rows
      return active === undefined || following === undefined ? undefined : { active, following }
    },
    async before({ player_id, ordinal }) {
      const [row] = await database.query<Seed>(
        `SELECT ${columns} FROM seeds WHERE player_id = $1 AND ordinal = $2`,
        [player_id, ordinal - 1],
        { name: 'seed-before' },
      )
      return row
    },
    async hasOpenRound({ seed_id }) {
      const [row] = await database.query<{ open: boolean }>(
        `SELECT EXISTS (SELECT FROM rounds WHERE seed_id = $1 AND status NOT IN ('completed', 'cancelled')) AS open`,
        [seed_id],
        { name: 'seed-open' },
      )
      return row!.open
    },
    isUsedUp: ({ next_nonce }) => next_nonce >= rounds_per_seed_max,
    async end({ seed_id, next_nonce }) {
      const { server_seed, server_seed_hash } = freshSeed()
      const values = [seed_id, next_nonce, server_seed, server_seed_hash]
      const [row] = await database.query<Seed>(end_sql, values, { name: 'seed-end' })
      return row
    },
  }
}
