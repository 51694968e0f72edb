import { describe, expect, test } from 'vitest'
import { newId } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import type { TransferAnswer, TransferRequest } from '#sut/contracts/bodies.ts'
import type { StateOf } from '#sut/contracts/state.ts'
import { startServices, type TestService } from '#sut/platform/testing/services.ts'
import { wireWallet } from './wire.ts'

const patience_ms = 5000
const deposit = (player_id: string): TransferRequest => ({
  key: `deposit:${player_id}:1`,
  kind: 'deposit',
  player_id,
  amount_minor: 500,
})
const transfer = ({ platform }: TestService, body: TransferRequest): Promise<TransferAnswer> =>
  platform.call('wallet.transfer', { body, deadline_ms: platform.clock.monotonic_ms() + patience_ms })
const entriesOf = async (wallet: TestService): Promise<StateOf<'entry'>[]> =>
  (await wallet.dump()).filter((line) => line.kind === 'entry')

async function start(design: string) {
  const system = await startServices(design)
  const wallet = await system.start('wallet', wireWallet)
  const gateway = await system.start('gateway', () => {})
  return { wallet, gateway, system, [Symbol.asyncDispose]: () => system[Symbol.asyncDispose]() }
}

describe('the wallet as a service', () => {
  test('applies a deposit once, says what it did, and publishes it', async () => {
    await using running = await start('standard')
    const { wallet, gateway, system } = running
    const player = newId()
    const first = await transfer(gateway, deposit(player))
    expect(first).toMatchObject({ balance_minor: 500, version: 1, replayed: false })
    expect(await transfer(gateway, deposit(player))).toEqual({ ...first, replayed: true })
    const { clock, call } = gateway.platform
    const deadline_ms = clock.monotonic_ms() + patience_ms
    expect(await call('wallet.balance', { params: { id: player }, deadline_ms })).toEqual({
      balance_minor: 500,
      held_minor: 0,
      available_minor: 500,
      version: 1,
    })
    await waitFor(async () => (await wallet.pending())['outbox'] === 0, { what: 'the outbox', limit_ms: 10_000 })
    const lines = await wallet.dump()
    expect(lines.filter((line) => line.kind === 'entry')).toHaveLength(2)
    expect(lines.filter((line) => line.kind === 'planted')).toEqual([])
    expect(lines.filter((line) => line.kind === 'outbox')).toEqual([
      { kind: 'outbox', service: 'wallet', event_id: first.transfer_id, type: 'wallet.transferred', published: true },
    ])

    // Told again, and never made: what a player who takes no more deposits has to hear of one that was made.
    const replay = (body: TransferRequest): Promise<TransferAnswer> =>
      call('wallet.replay', { body, deadline_ms: clock.monotonic_ms() + patience_ms })
    expect(await replay(deposit(player))).toEqual({ ...first, replayed: true })
    await expect(replay({ ...deposit(player), amount_minor: 1 })).rejects.toMatchObject({
      code: 'idempotency_conflict',
    })
    await expect(replay({ ...deposit(player), key: 'deposit:another' })).rejects.toMatchObject({ code: 'not_found' })
    expect(await entriesOf(wallet)).toHaveLength(2)

    // Who may ask for what: a deposit is the gateway's, a bet is not.
    const bet = { key: 'bet:r', kind: 'bet', player_id: player, amount_minor: 1, round_id: 'r' } as const
    await expect(transfer(gateway, bet)).rejects.toMatchObject({ code: 'forbidden' })
    const game = await system.start('game', () => {})
    expect(await transfer(game, bet)).toMatchObject({ balance_minor: 499 })
    await expect(transfer(game, { ...deposit(player), key: 'deposit:x' })).rejects.toMatchObject({ code: 'forbidden' })
  })

  test('holds money, captures and releases it for the gateway, and ends what nobody does', async () => {
    await using running = await start('standard')
    const { wallet, gateway } = running
    const { call, clock } = gateway.platform
    const player_id = newId()
    const patience = () => ({ deadline_ms: clock.monotonic_ms() + patience_ms })
    const place = (key: string, lasts_ms: number) =>
      call('wallet.place_hold', { body: { key, player_id, amount_minor: 100, lasts_ms }, ...patience() })
    await transfer(gateway, deposit(player_id))
    const [first, second] = [await place('one', 60_000), await place('two', 60_000)]
    expect(second).toMatchObject({ balance_minor: 500, held_minor: 200, available_minor: 300 })
    const captured = await call('wallet.capture_hold', {
      params: { id: first.hold_id },
      body: { player_id },
      ...patience(),
    })
    expect(captured).toMatchObject({ captured_minor: 100, balance_minor: 400, version: 2 })
    await call('wallet.release_hold', { params: { id: second.hold_id }, body: { player_id }, ...patience() })
    const third = await place('three', 1)
    const shown = () => call('wallet.hold', { params: { id: player_id, hold: third.hold_id }, ...patience() })
    await waitFor(async () => (await shown()).status === 'expired', { what: 'the end of its time', limit_ms: 10_000 })
    expect(await wallet.pending()).toMatchObject({ holds_overdue: 0 })
    await waitFor(async () => (await wallet.pending())['outbox'] === 0, { what: 'the outbox', limit_ms: 10_000 })
    const lines = await wallet.dump()
    const told = lines.flatMap((line) => (line.kind === 'outbox' && line.published ? [line.type] : []))
    expect(told.filter((type) => type.startsWith('wallet.hold_')).toSorted()).toEqual([
      'wallet.hold_captured',
      'wallet.hold_expired',
      'wallet.hold_placed',
      'wallet.hold_placed',
      'wallet.hold_placed',
      'wallet.hold_released',
    ])
    const ends = lines.flatMap((line) => (line.kind === 'hold' ? [line.status] : []))
    expect(ends.toSorted()).toEqual(['captured', 'expired', 'released'])
  })

  test('design idempotency-off: a retried deposit is paid twice', async () => {
    await using running = await start('idempotency-off')
    const player = newId()
    await transfer(running.gateway, deposit(player))
    expect(await transfer(running.gateway, deposit(player))).toMatchObject({ balance_minor: 1000, version: 2 })
    expect(await entriesOf(running.wallet)).toHaveLength(4)
    const marks = (await running.wallet.dump()).filter((line) => line.kind === 'planted')
    const bug = { kind: 'planted', bug: 'idempotency-off', service: 'wallet' }
    expect(marks).toEqual([
      { ...bug, instance: 'wallet-a-1', ran: 2, reached: 0 },
      // The first mark of the process, and what the database itself has seen.
      { ...bug, instance: 'wallet database', ran: 1, reached: 1 },
    ])
  })

  test('design ack-before-commit: the answer is there before the entry', async () => {
    await using running = await start('ack-before-commit')
    const { wallet, gateway } = running
    expect(await transfer(gateway, deposit(newId()))).toMatchObject({ balance_minor: 500, version: 1 })
    expect(await wallet.pending()).toMatchObject({ write_behind: 1 })
    await waitFor(async () => (await wallet.pending())['write_behind'] === 0, { what: 'the write', limit_ms: 10_000 })
    expect(await entriesOf(wallet)).toHaveLength(2)
  })
})
