import { expect, test } from 'vitest'
import { newId } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import type { SpinResult } from '#sut/contracts/api.ts'
import type { RoundRequest } from '#sut/contracts/bodies.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { startServices, type TestService } from '#sut/platform/testing/services.ts'
import { gameThat, spinOf } from './testing/fixture.ts'
import { modelWallet } from './testing/model-wallet.ts'
import { wireGame } from './wire.ts'

const patience_ms = 5000
const spin = ({ platform }: TestService, body: RoundRequest): Promise<SpinResult> =>
  platform.call('game.spin', { body, deadline_ms: platform.clock.monotonic_ms() + patience_ms })

async function start(design: string) {
  const system = await startServices(design)
  const wallet = modelWallet()
  const trouble = { wallet_away: false }
  await system.start('wallet', (platform) =>
    platform.serve('wallet.transfer', async ({ body }) => {
      const answer = wallet.transfer(body)
      if (trouble.wallet_away) throw new Problem('unavailable', 'applied, and nobody hears of it')
      return answer
    }),
  )
  await system.start('session', (platform) =>
    platform.serve('session.check', () => Promise.resolve({ game_id: 'fruits', reserve: false })),
  )
  await system.start('catalog', (platform) => {
    platform.serve('catalog.game', () => Promise.resolve(gameThat('wins')))
  })
  const game = await system.start('game', wireGame)
  const gateway = await system.start('gateway', () => {})
  return { game, gateway, wallet, trouble, [Symbol.asyncDispose]: () => system[Symbol.asyncDispose]() }
}

test('the game as a service: a spin is paid, an abandoned round ends by itself, both are published', async () => {
  await using running = await start('standard')
  const { game, gateway, wallet, trouble } = running
  const player = newId()
  wallet.deposit(player, 100)
  const request = spinOf(player, 'spin-0001')
  const answer = await spin(gateway, request)
  expect(answer).toMatchObject({ status: 'completed', win_minor: 30, balance_minor: 120 })
  expect(await spin(gateway, request)).toEqual(answer)

  trouble.wallet_away = true
  await expect(spin(gateway, spinOf(player, 'spin-0002'))).rejects.toMatchObject({ code: 'unavailable' })
  expect(wallet.balance(player)).toBe(110)
  expect(await game.pending()).toMatchObject({ rounds_open: 1 })
  trouble.wallet_away = false
  // Twice: counts of one look are of several moments, and a round that ends between two of them leaves an event behind.
  const idle = async () => Object.values(await game.pending()).every((count) => count === 0)
  await waitFor(async () => (await idle()) && (await idle()), {
    what: 'the resolver',
    limit_ms: 20_000,
  })
  expect(wallet.balance(player)).toBe(120)
  const lines = await game.dump()
  const rounds = lines.filter((line) => line.kind === 'round')
  expect(Object.fromEntries(rounds.map(({ key, status }) => [key, status]))).toEqual({
    'spin-0001': 'completed',
    'spin-0002': 'cancelled',
  })
  const published = lines.filter((line) => line.kind === 'outbox').map((line) => line.published)
  expect(published).toEqual([true, true])
  await expect(spin(gateway, spinOf(player, 'spin-0002'))).rejects.toMatchObject({ code: 'round_cancelled' })
})

test('design idempotency-off: a retried spin is a second round', async () => {
  await using running = await start('idempotency-off')
  const { gateway, wallet } = running
  const player = newId()
  wallet.deposit(player, 100)
  const request = spinOf(player, 'spin-0001')
  const first = await spin(gateway, request)
  expect((await spin(gateway, request)).round_id).not.toBe(first.round_id)
  expect(wallet.balance(player)).toBe(140)
})
