import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId, random } from '#lib/random.ts'
import type { TransferAnswer, TransferRequest } from '#sut/contracts/bodies.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { dumpWallet } from './dump.ts'
import type { Ledger } from './ledger.ts'
import { expectSound, readBooks, type Books } from './testing/audit.ts'
import { startLedger, type LedgerFixture } from './testing/fixture.ts'

let fixture: LedgerFixture
let ledger: Ledger
beforeAll(async () => {
  fixture = await startLedger()
  ledger = fixture.ledger('unique-key')
})
afterAll(() => fixture[Symbol.asyncDispose]())

const books = (): Promise<Books> => readBooks(dumpWallet(fixture.database))
const deposit = (player_id: string, amount_minor: number, key = newId()): TransferRequest => ({
  key: `deposit:${player_id}:${key}`,
  kind: 'deposit',
  player_id,
  amount_minor,
})
const ofRound = (
  kind: 'bet' | 'win' | 'rollback',
  player_id: string,
  round_id: string,
  amount_minor: number,
): TransferRequest => ({ key: `${kind}:${round_id}`, kind, player_id, amount_minor, round_id, game_id: 'fruits' })
const refusal = (code: string): unknown => expect.objectContaining({ code })

describe('a transfer', () => {
  test('moves the money, and answers the same again', async () => {
    const player = newId()
    expect(await ledger.balance(player)).toMatchObject({ balance_minor: 0, version: 0 })
    const request = deposit(player, 500)
    const first = await ledger.transfer(request)
    expect(first).toMatchObject({ balance_minor: 500, version: 1, replayed: false })
    await ledger.transfer(deposit(player, 1))
    expect(await ledger.transfer(request)).toEqual({ ...first, replayed: true })
    expect(await ledger.balance(player)).toMatchObject({ balance_minor: 501, version: 2 })
  })

  test('with a known key and other parameters is a conflict', async () => {
    const player = newId()
    const request = deposit(player, 500)
    await ledger.transfer(request)
    for (const other of [{ amount_minor: 501 }, { player_id: newId() }, { kind: 'withdrawal' as const }])
      await expect(ledger.transfer({ ...request, ...other })).rejects.toEqual(refusal('idempotency_conflict'))
    expect(await ledger.balance(player)).toMatchObject({ balance_minor: 500, version: 1 })
  })

  test('of two players under one key at the same time happens once', async () => {
    const key = newId()
    const requests = Array.from({ length: 8 }, () => ({ ...deposit(newId(), 10), key }))
    const results = await Promise.allSettled(requests.map((request) => ledger.transfer(request)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toEqual(refusal('idempotency_conflict'))
  })

  test('without funds is refused, stored nowhere, and may succeed later', async () => {
    const player = newId()
    const bet = ofRound('bet', player, newId(), 100)
    await expect(ledger.transfer(bet)).rejects.toEqual(refusal('insufficient_funds'))
    await ledger.transfer(deposit(player, 100))
    expect(await ledger.transfer(bet)).toMatchObject({ balance_minor: 0, version: 2, replayed: false })
  })
})

describe('a round', () => {
  test('that is won cannot be rolled back', async () => {
    const [player, round] = [newId(), newId()]
    await ledger.transfer(deposit(player, 100))
    await expect(ledger.transfer(ofRound('win', player, round, 70))).rejects.toEqual(refusal('not_found'))
    await ledger.transfer(ofRound('bet', player, round, 10))
    await expect(ledger.transfer(ofRound('win', newId(), round, 70))).rejects.toEqual(refusal('forbidden'))
    expect(await ledger.transfer(ofRound('win', player, round, 70))).toMatchObject({ balance_minor: 160, version: 3 })
    await expect(ledger.transfer(ofRound('rollback', player, round, 10))).rejects.toEqual(refusal('already_won'))
  })

  test('that is rolled back gives the stake back once, and cannot be won', async () => {
    const [player, round] = [newId(), newId()]
    await ledger.transfer(deposit(player, 100))
    await ledger.transfer(ofRound('bet', player, round, 10))
    await expect(ledger.transfer(ofRound('rollback', player, round, 9))).rejects.toEqual(
      refusal('idempotency_conflict'),
    )
    const first = await ledger.transfer(ofRound('rollback', player, round, 10))
    expect(first).toMatchObject({ balance_minor: 100, version: 3, replayed: false })
    expect(await ledger.transfer(ofRound('rollback', player, round, 10))).toEqual({ ...first, replayed: true })
    await expect(ledger.transfer(ofRound('win', player, round, 5))).rejects.toEqual(refusal('rolled_back'))
  })

  test('that is rolled back before its bet leaves a tombstone, which refuses the late bet', async () => {
    const [player, round] = [newId(), newId()]
    await ledger.transfer(deposit(player, 100))
    const first = await ledger.transfer(ofRound('rollback', player, round, 10))
    expect(first).toMatchObject({ balance_minor: 100, version: 1, replayed: false })
    expect(await ledger.transfer(ofRound('rollback', player, round, 10))).toEqual({ ...first, replayed: true })
    await expect(ledger.transfer(ofRound('bet', player, round, 10))).rejects.toEqual(refusal('rolled_back'))
    await expect(ledger.transfer(ofRound('win', player, round, 10))).rejects.toEqual(refusal('rolled_back'))
    expect(await ledger.balance(player)).toMatchObject({ balance_minor: 100, version: 1 })
  })
})

describe('at the same time', () => {
  test('a win and a rollback of one round: exactly one of them happens', async () => {
    const player = newId()
    await ledger.transfer(deposit(player, 1000))
    for (let attempt = 0; attempt < 30; attempt++) {
      const round = newId()
      await ledger.transfer(ofRound('bet', player, round, 10))
      const results = await Promise.allSettled([
        ledger.transfer(ofRound('win', player, round, 10)),
        ledger.transfer(ofRound('rollback', player, round, 10)),
      ])
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    }
  })

  test('bets for the same last money: one stands, the others are refused', async () => {
    for (let attempt = 0; attempt < 10; attempt++) {
      const player = newId()
      await ledger.transfer(deposit(player, 10))
      const bets = Array.from({ length: 6 }, () => ledger.transfer(ofRound('bet', player, newId(), 10)))
      const results = await Promise.allSettled(bets)
      const refused = results.filter((result) => result.status === 'rejected')
      expect(refused.map(({ reason }) => (reason as Problem).code)).toEqual(Array(5).fill('insufficient_funds'))
    }
  })
})

const operation = fc.record({
  kind: fc.constantFrom('deposit' as const, 'bet' as const, 'win' as const, 'rollback' as const),
  player: fc.integer({ min: 0, max: 2 }),
  number: fc.integer({ min: 0, max: 5 }),
  amount: fc.integer({ min: 1, max: 3 }),
  times: fc.integer({ min: 1, max: 3 }),
})

test('whatever order and repetition: the books are sound, the same key has one answer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 60, size: 'max' }), async (operations) => {
      const run = newId()
      const requests = operations.flatMap(({ kind, player, number, amount, times }) => {
        const player_id = `${run}-${player}`
        const made =
          kind === 'deposit'
            ? deposit(player_id, 10 * amount, `${number}`)
            : ofRound(kind, player_id, `${run}-${player}-${number}`, amount)
        return Array.from({ length: times }, () => made)
      })
      const answers = new Map<string, TransferAnswer[]>()
      // All at once: the pool's connections decide the interleaving.
      await Promise.all(
        requests.map(async (made) => {
          const answer = await ledger.transfer(made).catch((error: unknown) => {
            if (error instanceof Problem && error.code !== 'unavailable') return undefined
            throw error
          })
          const name = JSON.stringify(made)
          if (answer !== undefined) answers.set(name, [...(answers.get(name) ?? []), answer])
        }),
      )
      for (const same of answers.values()) {
        expect(new Set(same.map((answer) => JSON.stringify({ ...answer, replayed: true }))).size).toBe(1)
        expect(same.filter(({ replayed }) => !replayed)).toHaveLength(1)
      }
    }),
    { numRuns: 40 },
  )
  const after = await books()
  expectSound(after)
  expect(new Set(after.transfers.map(({ key }) => key)).size).toBe(after.transfers.length)
  // The property means something only if every kind has happened.
  const kinds = after.transfers.map(({ transfer_kind }) => transfer_kind)
  expect(new Set(kinds)).toEqual(new Set(['deposit', 'bet', 'win', 'rollback', 'tombstone']))
})

test('64 clients at once: nobody waits for ever, and the sums are right', async () => {
  const choose = random('64 clients')
  const players = Array.from({ length: 12 }, () => newId())
  await Promise.all(players.map((player) => ledger.transfer(deposit(player, 100_000))))
  let paid_minor = 0
  const client = async (): Promise<void> => {
    for (let spin = 0; spin < 32; spin++) {
      const [player, round] = [choose.pick(players), newId()]
      const [bet, win] = [1 + choose.integer(50), 1 + choose.integer(50)]
      await ledger.transfer(ofRound('bet', player, round, bet))
      await ledger.transfer(ofRound('win', player, round, win))
      paid_minor += win - bet
    }
  }
  await Promise.all(Array.from({ length: 64 }, client))
  const balances = await Promise.all(players.map(async (player) => (await ledger.balance(player)).balance_minor))
  expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(players.length * 100_000 + paid_minor)
  expectSound(await books())
})

test('design idempotency-off: a deposit that comes twice is paid twice, and the ledger does not notice', async () => {
  const careless = fixture.ledger('off')
  const player = newId()
  const request_twice = deposit(player, 500)
  await careless.transfer(request_twice)
  expect(await careless.transfer(request_twice)).toMatchObject({ balance_minor: 1000, version: 2, replayed: false })
  const bet = ofRound('bet', player, newId(), 100)
  await careless.transfer(bet)
  expect(await careless.transfer(bet)).toMatchObject({ balance_minor: 800, replayed: false })
  expectSound(await books())
})
