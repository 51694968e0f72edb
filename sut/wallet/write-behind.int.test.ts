import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import type { TransferRequest } from '#sut/contracts/bodies.ts'
import { type WriteBehind, writeBehind } from '#sut/designs/bugs/write-behind.ts'
import { dumpWallet } from './dump.ts'
import type { Ledger } from './ledger.ts'
import { expectSound, readBooks } from './testing/audit.ts'
import { startLedger, type LedgerFixture } from './testing/fixture.ts'

let fixture: LedgerFixture
let ledger: Ledger
let lost: string[]
beforeAll(async () => {
  fixture = await startLedger()
  ledger = fixture.ledger('unique-key')
})
afterAll(() => fixture[Symbol.asyncDispose]())

const instance = (): WriteBehind => {
  lost = []
  return writeBehind(ledger, systemClock, (text) => void lost.push(text))
}
const deposit = (player_id: string, amount_minor: number): TransferRequest => ({
  key: `deposit:${player_id}:${newId()}`,
  kind: 'deposit',
  player_id,
  amount_minor,
})
const ofRound = (kind: 'bet' | 'win' | 'rollback', player_id: string, round_id: string): TransferRequest => ({
  key: `${kind}:${round_id}`,
  kind,
  player_id,
  amount_minor: 10,
  round_id,
})

test('answers before the commit: what was answered is not in the ledger, and a kill would lose it', async () => {
  const player = newId()
  const killed = instance()
  expect(await killed.transfer(deposit(player, 500))).toMatchObject({ balance_minor: 500, version: 1 })
  expect(await killed.balance(player)).toMatchObject({ balance_minor: 500, version: 1 })
  expect(killed.pending()).toBe(1)
  // The process is gone, its memory too: another instance knows nothing.
  expect(await instance().balance(player)).toMatchObject({ balance_minor: 0, version: 0 })
})

test('does not pay out of its memory what is on hold', async () => {
  const player_id = newId()
  await ledger.transfer(deposit(player_id, 500))
  await fixture.holds('unique-key').place({ key: newId(), player_id, amount_minor: 495, lasts_ms: 60_000 })
  const cache = instance()
  await expect(cache.transfer(ofRound('bet', player_id, newId()))).rejects.toMatchObject({ code: 'insufficient_funds' })
  await cache.transfer(deposit(player_id, 5))
  expect(await cache.transfer(ofRound('bet', player_id, newId()))).toMatchObject({ balance_minor: 495 })
  expect(await cache.balance(player_id)).toMatchObject({ held_minor: 495, available_minor: 0 })
  await cache.flush()
  expect(await ledger.balance(player_id)).toMatchObject({ balance_minor: 495, available_minor: 0 })
})

test('without a kill the writes arrive, in order, and balances are as they were answered', async () => {
  const [player, round] = [newId(), newId()]
  const cache = instance()
  const stop = new AbortController()
  const running = cache.run(stop.signal)
  await cache.transfer(deposit(player, 500))
  await cache.transfer(ofRound('bet', player, round))
  const win = await cache.transfer(ofRound('win', player, round))
  expect(win).toMatchObject({ balance_minor: 500, version: 3 })
  expect(await cache.transfer(ofRound('win', player, round))).toEqual({ ...win, replayed: true })
  await waitFor(() => cache.pending() === 0, { what: 'the writes', limit_ms: 10_000 })
  stop.abort()
  await running
  expect(await ledger.balance(player)).toMatchObject({ balance_minor: 500, version: 3 })
  expect(await cache.transfer(ofRound('win', player, round))).toEqual({ ...win, replayed: true })
  expect(lost).toEqual([])
})

test('a graceful stop writes everything; a rollback goes straight to the ledger', async () => {
  const [player, round] = [newId(), newId()]
  const cache = instance()
  await cache.transfer(deposit(player, 500))
  await cache.transfer(ofRound('bet', player, round))
  expect(await cache.transfer(ofRound('rollback', player, round))).toMatchObject({ balance_minor: 500, version: 3 })
  await cache.transfer(deposit(player, 1))
  await cache.flush()
  expect(await ledger.balance(player)).toMatchObject({ balance_minor: 501, version: 4 })
})

test('what it believes to have is refused as well when it is not enough', async () => {
  const player = newId()
  const cache = instance()
  await cache.transfer(deposit(player, 5))
  await expect(cache.transfer(ofRound('bet', player, newId()))).rejects.toEqual(
    expect.objectContaining({ code: 'insufficient_funds' }),
  )
})

test('the win waits for a bet that comes through another instance', async () => {
  const [player, round] = [newId(), newId()]
  const [one, other] = [instance(), instance()]
  await ledger.transfer(deposit(player, 100))
  await one.transfer(ofRound('bet', player, round))
  await other.transfer(ofRound('win', player, round))
  await other.flush()
  expect(other.pending()).toBe(1)
  await one.flush()
  await other.flush()
  expect(other.pending()).toBe(0)
  expect(await ledger.balance(player)).toMatchObject({ balance_minor: 100, version: 3 })
  expectSound(await readBooks(dumpWallet(fixture.database)))
})
