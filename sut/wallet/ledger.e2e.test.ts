import { expect, test } from 'vitest'
import { newId, random } from '#lib/random.ts'
import type { TransferKind, TransferRequest } from '#sut/contracts/bodies.ts'
import { dumpWallet } from './dump.ts'
import { expectSound, readBooks } from './testing/audit.ts'
import { startLedger } from './testing/fixture.ts'

const transfers = 100_000
const clients = 64
const deposit_minor = 1_000_000

test('100,000 transfers from 64 clients: no deadlock, and the sums are equal', { timeout: 600_000 }, async () => {
  await using fixture = await startLedger({ connections: clients })
  const ledger = fixture.ledger('unique-key')
  const choose = random('100,000 transfers')
  // Fewer players than clients: many wait for the same account.
  const players = Array.from({ length: 40 }, () => newId())
  const move = (kind: TransferKind, player_id: string, amount_minor: number, round_id: string): Promise<unknown> => {
    const request: TransferRequest = { key: `${kind}:${round_id}`, kind, player_id, amount_minor }
    return ledger.transfer(kind === 'deposit' ? request : { ...request, round_id, game_id: 'fruits' })
  }
  await Promise.all(players.map((player) => move('deposit', player, deposit_minor, newId())))
  let begun = players.length
  let owed_minor = players.length * deposit_minor
  const client = async (): Promise<void> => {
    while (begun < transfers) {
      const [player, round] = [choose.pick(players), newId()]
      const [bet, win] = [1 + choose.integer(50), 1 + choose.integer(50)]
      begun += 2
      await move('bet', player, bet, round)
      if (choose.integer(10) === 0) {
        await move('rollback', player, bet, round)
      } else {
        await move('win', player, win, round)
        owed_minor += win - bet
      }
    }
  }
  await Promise.all(Array.from({ length: clients }, client))

  const [counted] = await fixture.database.query<{ deadlocks: bigint }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  )
  expect(counted!.deadlocks).toBe(0n)
  const books = await readBooks(dumpWallet(fixture.database))
  expect(books.transfers).toHaveLength(transfers)
  const ofPlayers = books.accounts.filter(({ account }) => account.startsWith('player:'))
  expect(ofPlayers.reduce((sum, { balance_minor }) => sum + balance_minor, 0)).toBe(owed_minor)
  expectSound(books)
})
