import { describe, expect, test } from 'vitest'
import type { GameDefinition, RoundRequest } from '#sut/contracts/bodies.ts'
import { drawStops, seedHash, winOf } from '#sut/contracts/fairness.ts'
import { answerOf, checkSame, draw, endedEvent, type Round } from './round.ts'
import { freshSeed, type Seed } from './seed-store.ts'

const game: GameDefinition = {
  game_id: 'fruits',
  title: 'Fruits',
  version: 3,
  return_to_player: 0.5,
  reels: [
    [0, 1],
    [0, 1],
    [0, 1],
  ],
  pays: { 0: 4 },
}
const request: RoundRequest = {
  key: 'spin-0001',
  player_id: 'p',
  session_id: 's',
  stake_minor: 20,
  client_seed: 'mine',
}
const seed: Seed = {
  seed_id: 4n,
  player_id: 'p',
  ordinal: 0,
  server_seed: 'seed',
  server_seed_hash: seedHash('seed'),
  next_nonce: 5,
}
const round: Round = {
  ...draw(request, game, { round_id: 'r', seed }),
  status: 'completed',
  balance_minor: 500n,
  version: 7n,
  refusal: null,
}

describe('draw', () => {
  test('keeps the seeds, the promise and the outcome that follows from them', () => {
    expect(round.server_seed_hash).toBe(seedHash('seed'))
    expect([round.seed_id, round.nonce]).toEqual([4n, 5])
    expect(round.stops).toEqual(drawStops('seed', 'mine', 5, game.reels))
    expect(round.win_minor).toBe(winOf(round.stops, 20n, game))
    expect([round.game_id, round.game_version]).toEqual(['fruits', 3])
  })

  test('refuses a stake whose highest win the wallet cannot pay at once', () => {
    const seeds = { round_id: 'r', seed }
    expect(() => draw({ ...request, stake_minor: 250_000_000 }, game, seeds)).not.toThrow()
    expect(() => draw({ ...request, stake_minor: 250_000_001 }, game, seeds)).toThrow('could win more')
  })

  test('fresh seeds have 256 bits and differ', () => {
    const { server_seed, server_seed_hash } = freshSeed()
    expect(server_seed).toMatch(/^[0-9a-f]{64}$/)
    expect(server_seed_hash).toBe(seedHash(server_seed))
    expect(freshSeed().server_seed).not.toBe(server_seed)
  })
})

test('the same key with another session, stake or seed is a conflict', () => {
  expect(() => checkSame(round, request)).not.toThrow()
  for (const other of [{ session_id: 't' }, { stake_minor: 21 }, { client_seed: 'yours' }])
    expect(() => checkSame(round, { ...request, ...other })).toThrow('another spin')
})

describe('answerOf', () => {
  test('shows the outcome of a completed round alone', () => {
    expect(answerOf(round)).toEqual({
      round_id: 'r',
      status: 'completed',
      stops: round.stops,
      stake_minor: 20,
      win_minor: Number(round.win_minor),
      balance_minor: 500,
      version: 7,
      server_seed_hash: seedHash('seed'),
      nonce: 5,
    })
    for (const status of ['opened', 'paying'] as const)
      expect(() => answerOf({ ...round, status })).toThrow('has not ended')
  })

  test('a refused bet stays refused, an abandoned round is cancelled', () => {
    for (const status of ['cancelling', 'cancelled'] as const) {
      expect(() => answerOf({ ...round, status, refusal: 'insufficient_funds' })).toThrow(
        expect.objectContaining({ code: 'insufficient_funds' }),
      )
      expect(() => answerOf({ ...round, status })).toThrow(expect.objectContaining({ code: 'round_cancelled' }))
    }
  })
})

test('the event of a cancelled round has no win', () => {
  const won = { ...round, win_minor: 80n }
  expect(endedEvent(won, 'completed', 1).win_minor).toBe(80)
  expect(endedEvent(won, 'cancelled', 1)).toEqual({
    id: 'round:r',
    occurred_at_ms: 1,
    player_id: 'p',
    type: 'game.round_ended',
    round_id: 'r',
    game_id: 'fruits',
    status: 'cancelled',
    stake_minor: 20,
    win_minor: 0,
  })
})
