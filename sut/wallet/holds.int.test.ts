import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import type { TransferRequest } from '#sut/contracts/bodies.ts'
import type { HoldPlaced, HoldRequest } from '#sut/contracts/holds.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { dumpWallet } from './dump.ts'
import { endOnce, holdEnder } from './hold-ender.ts'
import type { Holds } from './holds.ts'
import type { Ledger } from './ledger.ts'
import { expectSound, readBooks } from './testing/audit.ts'
import { startLedger, type LedgerFixture } from './testing/fixture.ts'

let fixture: LedgerFixture
let ledger: Ledger
let holds: Holds
beforeAll(async () => {
  fixture = await startLedger()
  ledger = fixture.ledger('unique-key')
  holds = fixture.holds('unique-key')
})
afterAll(async () => {
  expectSound(await readBooks(dumpWallet(fixture.database)))
  await fixture[Symbol.asyncDispose]()
})

const long_ms = 600_000
const refusal = (code: string): unknown => expect.objectContaining({ code })
const requestOf = (player_id: string, amount_minor: number, lasts_ms = long_ms): HoldRequest => ({
  key: newId(),
  player_id,
  amount_minor,
  lasts_ms,
})
const withdrawal = (player_id: string, amount_minor: number): TransferRequest => ({
  key: newId(),
  kind: 'withdrawal',
  player_id,
  amount_minor,
})
const bet = (player_id: string, amount_minor: number): TransferRequest => {
  const round_id = newId()
  return { key: `bet:${round_id}`, kind: 'bet', player_id, amount_minor, round_id, game_id: 'fruits' }
}
/** A player with this much money. */
async function playerWith(amount_minor: number): Promise<string> {
  const player_id = newId()
  await ledger.transfer({ key: newId(), kind: 'deposit', player_id, amount_minor })
  return player_id
}
/** By the clock of the database: nothing has to wait. */
const timeIsOver = async ({ hold_id }: HoldPlaced): Promise<void> => {
  await fixture.database.query(
    `UPDATE holds SET expires_at = clock_timestamp() - interval '1 ms', expire_after = clock_timestamp() - interval '1 ms'
     WHERE hold_id = $1`,
    [hold_id],
  )
}
const accountOf = async (player_id: string): Promise<number[]> => {
  const { balance_minor, held_minor, available_minor } = await ledger.balance(player_id)
  return [balance_minor, held_minor, available_minor]
}
const endAll = async (): Promise<void> => {
  while ((await endOnce(holds, { batch: 10, lease_ms: 60_000 })).claimed > 0);
}

describe('a hold', () => {
  test('sets money aside: it can be neither bet, nor withdrawn, nor held again', async () => {
    const player_id = await playerWith(500)
    const placed = await holds.place(requestOf(player_id, 300))
    expect(placed).toMatchObject({ balance_minor: 500, held_minor: 300, available_minor: 200, version: 1 })
    expect(await accountOf(player_id)).toEqual([500, 300, 200])
    const tooMuch = refusal('insufficient_funds')
    await expect(ledger.transfer(bet(player_id, 201))).rejects.toEqual(tooMuch)
    await expect(ledger.transfer(withdrawal(player_id, 201))).rejects.toEqual(tooMuch)
    await expect(holds.place(requestOf(player_id, 201))).rejects.toEqual(tooMuch)
    await expect(holds.place(requestOf(newId(), 1))).rejects.toEqual(tooMuch)
    expect(await ledger.transfer(bet(player_id, 150))).toMatchObject({ balance_minor: 350, version: 2 })
    expect(await holds.place(requestOf(player_id, 50))).toMatchObject({ held_minor: 350, available_minor: 0 })
    // Money that comes in is taken, whatever is held.
    await ledger.transfer({ key: newId(), kind: 'deposit', player_id, amount_minor: 1 })
    expect(await accountOf(player_id)).toEqual([351, 350, 1])
  })

  test('answers the same again, whatever has become of it, and refuses other parameters under its key', async () => {
    const player_id = await playerWith(500)
    const request = requestOf(player_id, 300)
    const first = await holds.place(request)
    expect(first.replayed).toBe(false)
    expect(await holds.place(request)).toEqual({ ...first, replayed: true })
    const conflict = refusal('idempotency_conflict')
    for (const other of [{ amount_minor: 301 }, { lasts_ms: long_ms + 1 }, { player_id: await playerWith(900) }])
      await expect(holds.place({ ...request, ...other })).rejects.toEqual(conflict)
    await holds.capture(first.hold_id, { player_id })
    expect(await holds.place(request)).toEqual({ ...first, replayed: true })
    expect(await accountOf(player_id)).toEqual([200, 0, 200])
  })

  test('that is captured becomes a withdrawal, once; of a part the rest is available again', async () => {
    const player_id = await playerWith(500)
    const { hold_id } = await holds.place(requestOf(player_id, 300))
    await expect(holds.capture(hold_id, { player_id, amount_minor: 301 })).rejects.toEqual(
      refusal('insufficient_funds'),
    )
    const first = await holds.capture(hold_id, { player_id, amount_minor: 120 })
    expect(first).toMatchObject({ captured_minor: 120, balance_minor: 380, version: 2, replayed: false })
    expect(await accountOf(player_id)).toEqual([380, 0, 380])
    expect(await holds.capture(hold_id, { player_id, amount_minor: 120 })).toEqual({ ...first, replayed: true })
    await expect(holds.capture(hold_id, { player_id })).rejects.toEqual(refusal('idempotency_conflict'))
    await expect(holds.release({ hold_id, player_id })).rejects.toEqual(refusal('hold_captured'))
    const { transfer_id } = first
    expect(await holds.shown({ hold_id, player_id })).toMatchObject({ status: 'captured', transfer_id })
  })

  test('that is released gives all of it back, and is never captured', async () => {
    const player_id = await playerWith(500)
    const { hold_id } = await holds.place(requestOf(player_id, 300))
    const first = await holds.release({ hold_id, player_id })
    expect(first).toEqual({ hold_id, amount_minor: 300, replayed: false })
    expect(await holds.release({ hold_id, player_id })).toEqual({ ...first, replayed: true })
    await expect(holds.capture(hold_id, { player_id })).rejects.toEqual(refusal('hold_released'))
    expect(await accountOf(player_id)).toEqual([500, 0, 500])
    expect(await holds.shown({ hold_id, player_id })).toMatchObject({ status: 'released', transfer_id: null })
  })

  test('of another player, or of nobody, is not there', async () => {
    const [player_id, stranger] = [await playerWith(500), await playerWith(500)]
    const { hold_id } = await holds.place(requestOf(player_id, 300))
    const unknown = refusal('not_found')
    for (const name of [
      { hold_id, player_id: stranger },
      { hold_id: newId(), player_id },
    ]) {
      await expect(holds.capture(name.hold_id, { player_id: name.player_id })).rejects.toEqual(unknown)
      await expect(holds.release(name)).rejects.toEqual(unknown)
      await expect(holds.shown(name)).rejects.toEqual(unknown)
    }
    expect(await accountOf(player_id)).toEqual([500, 300, 200])
  })
})

describe('a hold whose time is over', () => {
  test('is neither captured nor released, even while nobody has ended it; then its money is back', async () => {
    const player_id = await playerWith(500)
    const placed = await holds.place(requestOf(player_id, 300))
    const { hold_id } = placed
    expect(await holds.expire({ hold_id, player_id })).toBe(false)
    await timeIsOver(placed)
    expect(await holds.overdue()).toBeGreaterThan(0)
    const over = refusal('hold_expired')
    for (const ended of [false, true]) {
      await expect(holds.capture(hold_id, { player_id })).rejects.toEqual(over)
      await expect(holds.release({ hold_id, player_id })).rejects.toEqual(over)
      expect(await accountOf(player_id)).toEqual(ended ? [500, 0, 500] : [500, 300, 200])
      if (!ended) await endAll()
    }
    expect(await holds.expire({ hold_id, player_id })).toBe(false)
    expect(await holds.shown({ hold_id, player_id })).toMatchObject({ status: 'expired' })
    expect(await holds.overdue()).toBe(0)
  })

  test('is claimed by one of several at a time, and comes again when that one does not end it', async () => {
    const player_id = await playerWith(500)
    const placed = await Promise.all(Array.from({ length: 9 }, () => holds.place(requestOf(player_id, 10))))
    for (const hold of placed) await timeIsOver(hold)
    const claims = (await Promise.all([1, 2, 3, 4].map(() => holds.claim(4, 60_000)))).flat()
    const ofThis = claims.map(({ hold_id }) => hold_id).filter((id) => placed.some(({ hold_id }) => hold_id === id))
    expect(ofThis.toSorted()).toEqual(placed.map(({ hold_id }) => hold_id).toSorted())
    expect(await holds.claim(10, 60_000)).toEqual([])
    await fixture.database.query(`UPDATE holds SET expire_after = now() WHERE status = 'open' AND player_id = $1`, [
      player_id,
    ])
    const failing = { ...holds, expire: () => Promise.reject(new Error('cut off')) }
    expect(await endOnce(failing, { batch: 9, lease_ms: 0 })).toEqual({
      claimed: 9,
      failed: Array(9).fill('cut off'),
    })
    await endAll()
    expect(await accountOf(player_id)).toEqual([500, 0, 500])
  })

  test('is ended by itself while somebody looks', async () => {
    const player_id = await playerWith(500)
    await holds.place(requestOf(player_id, 300, 200))
    const abort = new AbortController()
    const running = holdEnder(holds, () => {}, abort.signal).catch(() => undefined)
    await waitFor(async () => (await ledger.balance(player_id)).held_minor === 0, { what: 'the end', limit_ms: 10_000 })
    abort.abort()
    await running
    expect(await accountOf(player_id)).toEqual([500, 0, 500])
  })
})

describe('at the same time', () => {
  const succeeded = (results: PromiseSettledResult<unknown>[]): number =>
    results.filter(({ status }) => status === 'fulfilled').length

  test('a capture, a release and the end of the time of one hold: exactly one happens', async () => {
    const player_id = await playerWith(10_000)
    const ends = new Set<string>()
    for (let attempt = 0; attempt < 60; attempt++) {
      const { hold_id } = await holds.place(requestOf(player_id, 100, 1 + (attempt % 6)))
      const name = { hold_id, player_id }
      const both = Promise.allSettled([holds.capture(hold_id, { player_id }), holds.release(name)])
      const expired = waitFor(async () => (await holds.expire(name)) || (await holds.shown(name)).status !== 'open', {
        what: 'an end',
        limit_ms: 10_000,
        every_ms: 1,
      })
      const results = await both
      await expired
      const { status } = await holds.shown(name)
      ends.add(status)
      expect(succeeded(results)).toBe(status === 'expired' ? 0 : 1)
      if (status === 'captured') await ledger.transfer({ key: newId(), kind: 'deposit', player_id, amount_minor: 100 })
    }
    expect(await accountOf(player_id)).toEqual([10_000, 0, 10_000])
    expect(ends.size).toBeGreaterThan(1)
  })

  test('captures of one hold: all have one answer, and the money goes once', async () => {
    const player_id = await playerWith(500)
    const { hold_id } = await holds.place(requestOf(player_id, 300))
    const answers = await Promise.all(Array.from({ length: 8 }, () => holds.capture(hold_id, { player_id })))
    expect(new Set(answers.map(({ transfer_id }) => transfer_id)).size).toBe(1)
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1)
    expect(await accountOf(player_id)).toEqual([200, 0, 200])
  })

  test('holds, bets and withdrawals for the same last money: one stands, the others are refused', async () => {
    for (let attempt = 0; attempt < 10; attempt++) {
      const player_id = await playerWith(10)
      const results = await Promise.allSettled([
        holds.place(requestOf(player_id, 10)),
        ledger.transfer(bet(player_id, 10)),
        holds.place(requestOf(player_id, 10)),
        ledger.transfer(withdrawal(player_id, 10)),
      ])
      const refused = results.filter((result) => result.status === 'rejected')
      expect(refused.map(({ reason }) => (reason as Problem).code)).toEqual(Array(3).fill('insufficient_funds'))
    }
  })

  test('holds of two players under one key: one of them has it', async () => {
    const players = await Promise.all(Array.from({ length: 8 }, () => playerWith(1_000)))
    for (let attempt = 0; attempt < 30; attempt++) {
      const key = newId()
      const results = await Promise.allSettled(
        players.map((player_id) => holds.place({ ...requestOf(player_id, 10), key })),
      )
      expect(succeeded(results)).toBe(1)
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toEqual(refusal('idempotency_conflict'))
    }
  })
})

test('design idempotency-off: a hold that is asked for twice is placed twice', async () => {
  const careless = fixture.holds('off')
  const player_id = await playerWith(500)
  const request = requestOf(player_id, 200)
  await careless.place(request)
  expect(await careless.place(request)).toMatchObject({ held_minor: 400, replayed: false })
})
