import { expect, test } from 'vitest'
import { shardOf } from '#sut/contracts/events.ts'
import type { ShardBucket } from './bucket.ts'
import { apply, emptyShard } from './model.ts'
import { historyReader } from './reader.ts'
import { playHistory } from './testing/history.ts'

type Bucket = Pick<ShardBucket, 'recent'>

test('history is newest first, read again when it is old, and shown old when the bucket is silent', async () => {
  const { events, expected } = playHistory('reader', { players: 1, rounds: 3 })
  const clock = { now_ms: 0, wall_ms: () => clock.now_ms, monotonic_ms: () => clock.now_ms }
  let answers: 'now' | 'never' | 'fails' = 'now'
  let reads = 0
  const bucket: Bucket = {
    recent: (shard) => {
      expect(shard).toBe(shardOf('player-0'))
      reads++
      if (answers === 'never') return new Promise(() => {})
      if (answers === 'fails') return Promise.reject(new Error('no leader'))
      const model = emptyShard()
      for (const event of events) apply(model, event)
      return Promise.resolve({ model, revision: 1 })
    },
  }
  const history = historyReader(bucket, clock)
  const first = await history('player-0')
  expect(first.rounds.map(({ round_id }) => round_id)).toEqual(expected.players.get('player-0')!.completed.toReversed())
  clock.now_ms = 400
  expect(await history('player-0')).toEqual(first)
  expect(reads).toBe(1)

  clock.now_ms = 600
  answers = 'fails'
  expect(await history('player-0')).toEqual(first)
  answers = 'never'
  expect(await history('player-0')).toEqual(first)
  expect(reads).toBe(3)
})

test('a player that nothing is known of has no rounds, and a bucket that fails at first is an error', async () => {
  const clock = { wall_ms: () => 0, monotonic_ms: () => 0 }
  const empty: Bucket = { recent: async () => ({ model: emptyShard(), revision: 0 }) }
  expect(await historyReader(empty, clock)('nobody')).toEqual({ rounds: [] })
  const broken: Bucket = { recent: () => Promise.reject(new Error('no leader')) }
  await expect(historyReader(broken, clock)('nobody')).rejects.toMatchObject({ code: 'unavailable' })
})
