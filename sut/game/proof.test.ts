import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GameDefinition } from '#sut/contracts/bodies.ts'
import { drawStops, seedHash, winOf } from '#sut/contracts/fairness.ts'
import { proofOf } from './proof.ts'
import { draw, type Round, type RoundStatus } from './round.ts'

const symbol = fc.integer({ min: 0, max: 3 })
const games: fc.Arbitrary<GameDefinition> = fc.record({
  game_id: fc.constant('fruits'),
  title: fc.constant('Fruits'),
  version: fc.integer({ min: 1, max: 9 }),
  return_to_player: fc.constant(0.9),
  reels: fc.array(fc.array(symbol, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 }),
  pays: fc.dictionary(fc.constantFrom('0', '1', '2', '3'), fc.integer({ min: 1, max: 50 })),
})
const rounds = fc.record({
  game: games,
  server_seed: fc.string({ minLength: 1 }),
  client_seed: fc.string({ minLength: 1 }),
  nonce: fc.nat(),
  stake_minor: fc.integer({ min: 1, max: 1000 }),
})

interface Case {
  game: GameDefinition
  server_seed: string
  client_seed: string
  nonce: number
  stake_minor: number
}

function proofFor({ game, server_seed, nonce, ...wanted }: Case, status: RoundStatus, seed_revealed: boolean) {
  const request = { key: 'key', player_id: 'p', session_id: 's', ...wanted }
  const seed = { seed_id: 1n, player_id: 'p', ordinal: 0, server_seed, server_seed_hash: seedHash(server_seed) }
  const drawn = draw(request, game, { round_id: 'r', seed: { ...seed, next_nonce: nonce } })
  const round: Round = { ...drawn, status, balance_minor: 0n, version: 1n, refusal: null }
  const found = { round, server_seed: seed_revealed ? server_seed : null }
  const proven = (player_id: string) => Promise.resolve(player_id === 'p' ? found : undefined)
  const version = (game_id: string, number: number) =>
    game_id === game.game_id && number === game.version ? Promise.resolve(game) : Promise.reject(new Error('another'))
  return (player_id: string) => proofOf(player_id, 'r', { store: { proven }, version })
}

test('a proof with its seed derives the stops and the win again, and the seed is the promised one', async () => {
  let won = 0
  await fc.assert(
    fc.asyncProperty(rounds, async (made) => {
      const proof = await proofFor(made, 'completed', true)('p')
      expect(seedHash(proof.server_seed!)).toBe(proof.server_seed_hash)
      const stops = drawStops(proof.server_seed!, proof.client_seed, proof.nonce, proof.reels)
      expect(proof.stops).toEqual(stops)
      expect(winOf(stops, BigInt(proof.stake_minor), proof)).toBe(BigInt(proof.win_minor))
      if (proof.win_minor > 0) won++
    }),
  )
  expect(won).toBeGreaterThan(0)
})

const one: Case = {
  game: { game_id: 'fruits', title: '', version: 2, return_to_player: 0.9, reels: [[1], [1]], pays: { 1: 3 } },
  server_seed: 'seed',
  client_seed: 'mine',
  nonce: 4,
  stake_minor: 10,
}

test('the seed is left out until it is revealed', async () => {
  expect(await proofFor(one, 'completed', false)('p')).not.toHaveProperty('server_seed')
  expect(await proofFor(one, 'completed', true)('p')).toMatchObject({ server_seed: 'seed', win_minor: 30 })
})

test('a cancelled round has no outcome that counts, and used its nonce all the same', async () => {
  const proof = await proofFor(one, 'cancelled', true)('p')
  expect(proof).toMatchObject({ status: 'cancelled', win_minor: 0, nonce: 4 })
  expect(proof).not.toHaveProperty('stops')
})

test('nothing is told of a round that has not ended, and of one of somebody else', async () => {
  for (const status of ['opened', 'paying', 'cancelling'] as const)
    await expect(proofFor(one, status, false)('p')).rejects.toMatchObject({ code: 'round_open' })
  await expect(proofFor(one, 'completed', true)('another')).rejects.toMatchObject({ code: 'not_found' })
})
