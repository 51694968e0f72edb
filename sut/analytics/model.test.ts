import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { random } from '#lib/random.ts'
import type { SystemEvent } from '#sut/contracts/events.ts'
import { decodeShard, encodeShard } from './document.ts'
import { apply, emptyShard, roundsKept, trim, type ShardModel } from './model.ts'
import { playHistory } from './testing/history.ts'

const build = (events: readonly SystemEvent[]): ShardModel => {
  const model = emptyShard()
  for (const event of events) apply(model, event)
  trim(model)
  return model
}

/** Any order, any repetition, written and read again between batches, as the consumer does it. */
function disorder(events: readonly SystemEvent[], seed: string): SystemEvent[][] {
  const source = random(seed)
  const repeated = events.flatMap((event) => Array.from({ length: 1 + source.integer(3) }, () => event))
  const shuffled = source.sample(repeated, repeated.length)
  const batches: SystemEvent[][] = []
  while (shuffled.length > 0) batches.push(shuffled.splice(0, 1 + source.integer(40)))
  return batches
}

describe('a shard model', () => {
  test('does not depend on order, repetition or batches', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 6 }), (seed, players) => {
        const { events } = playHistory(seed, { players, rounds: 40 })
        let model = emptyShard()
        for (const batch of disorder(events, seed)) {
          for (const event of batch) apply(model, event)
          trim(model)
          model = decodeShard(encodeShard(model))
        }
        expect(encodeShard(model)).toBe(encodeShard(build(events)))
      }),
      { numRuns: 60 },
    )
  })

  test('agrees with plain sums over the history', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (seed) => {
        const { events, expected } = playHistory(seed, { players: 3, rounds: 30 })
        const model = build(events)
        for (const [player_id, sums] of expected.players) {
          const player = model.players.get(player_id)!
          expect(player.applied).toEqual([{ from: 1, to: sums.version, balance_minor: sums.balance_minor }])
          expect(player.deposited_minor).toBe(sums.deposited_minor)
          expect(player.staked_minor).toBe(sums.staked_minor)
          expect(player.won_minor).toBe(sums.won_minor)
          expect(player.rounds.map(({ round_id }) => round_id)).toEqual(sums.completed.toReversed().slice(0, 20))
        }
        for (const [game_id, sums] of expected.games) expect(model.games.get(game_id)).toEqual(sums)
      }),
      { numRuns: 60 },
    )
  })

  test('applying an event a second time says that nothing changed', () => {
    const { events } = playHistory('twice', { players: 2, rounds: 10 })
    const model = build(events)
    expect(events.some((event) => apply(model, event))).toBe(false)
  })

  test('keeps fewer rounds per player the more players a shard has', () => {
    expect([1, 250, 500, 1_000, 10_000].map(roundsKept)).toEqual([20, 20, 10, 5, 2])
  })

  test('cut histories do not depend on the order either', () => {
    const { events } = playHistory('many', { players: 400, rounds: 15 })
    const model = emptyShard()
    for (const batch of disorder(events, 'many')) {
      for (const event of batch) apply(model, event)
      trim(model)
    }
    expect(encodeShard(model)).toBe(encodeShard(build(events)))
  })

  test('stays under the size of a message with the most players that it is meant for', () => {
    const { events } = playHistory('large', { players: 2_000, rounds: 1 })
    const model = build(events)
    for (const player of model.players.values()) {
      const round = {
        round_id: '00000000-0000-4000-8000-000000000000',
        game_id: 'a-rather-long-game-name',
        stake_minor: 10_000,
        win_minor: 5_000_000,
        ended_at_ms: 1_750_000_000_000.123,
      }
      player.rounds = Array.from({ length: 20 }, () => round)
    }
    trim(model)
    expect(Buffer.byteLength(encodeShard(model))).toBeLessThan(900_000)
  })
})
