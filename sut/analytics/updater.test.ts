import { describe, expect, test } from 'vitest'
import { random } from '#lib/random.ts'
import { Conflict, type ShardBucket } from './bucket.ts'
import { decodeShard, encodeShard } from './document.ts'
import { apply, emptyShard, trim } from './model.ts'
import { playHistory } from './testing/history.ts'
import { updater } from './updater.ts'

type Bucket = Pick<ShardBucket, 'latest' | 'write'>

/** One stored document with revisions, and writes that may fail after or before they took place. */
function memoryBucket(fail: () => 'no' | 'before' | 'after' = () => 'no') {
  let text: string | undefined
  let last = 0
  const counts = { reads: 0, writes: 0 }
  const bucket: Bucket = {
    latest: async () => {
      counts.reads++
      return { model: text === undefined ? emptyShard() : decodeShard(text), revision: last }
    },
    write: async (_, { model, revision }) => {
      if (revision !== last) throw new Conflict()
      const failure = fail()
      if (failure === 'before') throw new Error('timeout')
      text = encodeShard(model)
      last++
      counts.writes++
      if (failure === 'after') throw new Error('timeout')
      return last
    },
  }
  return { bucket, counts, text: () => text }
}

describe('the updater', () => {
  test('two of them, with writes of unknown outcome and redelivery, make the same model as one pass in order', async () => {
    const { events } = playHistory('shared', { players: 4, rounds: 40 })
    const expected = emptyShard()
    for (const event of events) apply(expected, event)
    trim(expected)

    const source = random('disorder')
    const { bucket, text } = memoryBucket(() => source.pick(['no', 'no', 'no', 'before', 'after']))
    let conflicts = 0
    const both = [updater(bucket, () => conflicts++), updater(bucket, () => conflicts++)]
    const waiting = source.sample(events, events.length)
    for (let round = 0; waiting.length > 0 && round < 1_000; round++) {
      const work = both.map(async ({ apply: take }) => {
        const batch = waiting.splice(0, 1 + source.integer(20))
        await take(0, batch).catch(() => waiting.push(...batch))
      })
      await Promise.all(work)
    }
    expect(conflicts).toBeGreaterThan(0)
    expect(text()).toBe(encodeShard(expected))
  })

  test('reads a shard once while it is alone with it, and writes only what changed', async () => {
    const { events } = playHistory('alone', { players: 1, rounds: 5 })
    const { bucket, counts } = memoryBucket()
    const { apply: take } = updater(bucket, () => {})
    for (const event of events) await take(0, [event])
    expect(counts.reads).toBe(1)
    const written = counts.writes
    await take(0, events)
    expect(counts.writes).toBe(written)
  })

  test('gives up after some conflicts', async () => {
    const bucket: Bucket = {
      latest: async () => ({ model: emptyShard(), revision: 1 }),
      write: async () => {
        throw new Conflict('always')
      },
    }
    const { events } = playHistory('never', { players: 1, rounds: 1 })
    await expect(updater(bucket, () => {}).apply(0, events)).rejects.toThrow('always')
  })
})
