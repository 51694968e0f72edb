import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import type { TransferKind } from '#sut/contracts/bodies.ts'
import { marks_sql } from '#sut/designs/planted-sql.ts'
import { type Database, openDatabase } from '#sut/platform/database.ts'
import { migrate } from '#sut/platform/migrate.ts'
import { plantedMigrations } from '#sut/platform/planting.ts'
import { startPostgres, type PostgresStore } from '#sut/platform/testing/stores.ts'
import { holds, type Holds } from '#sut/wallet/holds.ts'
import { ledger, type Ledger } from '#sut/wallet/ledger.ts'

// Bugs that are planted in the functions of the wallet's database: each does what it says, and marks it.
let postgres: PostgresStore
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

interface Wallet {
  database: Database
  books: Ledger
  aside: Holds
  player_id: string
}
const move = ({ books, player_id }: Wallet, kind: TransferKind, amount_minor: number, key: string = newId()) =>
  books.transfer({ key, kind, player_id, amount_minor })
const ofRound = ({ books, player_id }: Wallet, kind: 'bet' | 'rollback', round_id: string) =>
  books.transfer({ key: `${kind}:${round_id}`, kind, player_id, amount_minor: 10, round_id, game_id: 'fruits' })
const place = ({ aside, player_id }: Wallet, amount_minor: number) =>
  aside.place({ key: newId(), player_id, amount_minor, lasts_ms: 60_000 })
const balance = async ({ books, player_id }: Wallet): Promise<number> => (await books.balance(player_id)).balance_minor
const sumOf = async ({ database }: Wallet, table: 'accounts' | 'entries', column: string): Promise<number> =>
  Number((await database.query<{ sum: string }>(`select coalesce(sum(${column}), 0) as sum from ${table}`))[0]!.sum)

const bugs: Record<string, (wallet: Wallet) => Promise<void>> = {
  'updates-lost': async (wallet) => {
    await Promise.all(Array.from({ length: 40 }, () => move(wallet, 'deposit', 10)))
    expect(await balance(wallet)).toBeLessThan(1_400)
  },
  'tombstone-missing': async (wallet) => {
    const round_id = newId()
    await ofRound(wallet, 'rollback', round_id)
    expect(await ofRound(wallet, 'bet', round_id)).toMatchObject({ balance_minor: 990 })
  },
  'conflict-unnoticed': async (wallet) => {
    await move(wallet, 'deposit', 10, 'same')
    expect(await move(wallet, 'deposit', 20, 'same')).toMatchObject({ balance_minor: 1_010, replayed: true })
  },
  'funds-refused-early': async (wallet) => {
    await expect(move(wallet, 'withdrawal', 501)).rejects.toMatchObject({ code: 'insufficient_funds' })
    await move(wallet, 'withdrawal', 500)
  },
  'account-overdrawn': async (wallet) => {
    expect(await move(wallet, 'withdrawal', 1_001)).toMatchObject({ balance_minor: -1 })
    await expect(move(wallet, 'withdrawal', 1)).rejects.toMatchObject({ code: 'insufficient_funds' })
  },
  'held-money-spent': async (wallet) => {
    await place(wallet, 900)
    expect(await move(wallet, 'withdrawal', 500)).toMatchObject({ balance_minor: 500 })
    await expect(move(wallet, 'withdrawal', 501)).rejects.toMatchObject({ code: 'insufficient_funds' })
  },
  'hold-of-another': async (wallet) => {
    const { hold_id } = await place(wallet, 900)
    await wallet.aside.release({ hold_id, player_id: newId() })
    expect(await balance(wallet)).toBe(1_000)
    await place(wallet, 900)
  },
  'released-captured': async (wallet) => {
    const { hold_id } = await place(wallet, 900)
    const { player_id } = wallet
    await wallet.aside.release({ hold_id, player_id })
    await wallet.aside.capture(hold_id, { player_id })
    expect(await wallet.books.balance(player_id)).toMatchObject({ balance_minor: 100, held_minor: 0 })
  },
  'house-side-wrong': async (wallet) => {
    for (let count = 0; count < 30; count++) await move(wallet, 'deposit', 10, `deposit:${count}`)
    expect(await sumOf(wallet, 'accounts', 'balance')).toBeGreaterThan(0)
  },
  'entry-missing': async (wallet) => {
    for (let count = 0; count < 30; count++) await move(wallet, 'withdrawal', 10, `withdrawal:${count}`)
    const entries = await wallet.database.query('select from entries where account = $1', [
      `player:${wallet.player_id}`,
    ])
    expect(entries.length).toBeLessThan(31)
  },
}

test.each(Object.entries(bugs))('%s', async (name, happens) => {
  const login = await postgres.createDatabase()
  const database = openDatabase({ servers: () => [postgres], login, application: 'test' })
  try {
    await migrate(
      database,
      join(import.meta.dirname, '../wallet/migrations'),
      plantedMigrations(name, 'wallet', login.user),
    )
    const dedupeKey = (key: string): string => key
    const books = ledger({ database, clock: systemClock, dedupeKey })
    const wallet = { database, books, aside: holds({ database, dedupeKey }), player_id: newId() }
    await move(wallet, 'deposit', 1_000, 'deposit:first:2')
    await happens(wallet)
    const [marks] = await database.query<{ ran: bigint; reached: bigint }>(marks_sql)
    expect(Number(marks!.ran)).toBeGreaterThan(0)
    expect(Number(marks!.reached)).toBeGreaterThan(0)
  } finally {
    await database.end()
  }
})
