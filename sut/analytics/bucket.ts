import { JetStreamApiError } from '@nats-io/jetstream'
import type { Bus } from '#sut/platform/bus.ts'
import { decodeShard, encodeShard } from './document.ts'
import { emptyShard, type ShardModel } from './model.ts'

/** Somebody else wrote the document since it was read. */
export class Conflict extends Error {}

/** A shard as it is stored; revision 0: it is not stored yet. */
export interface StoredShard {
  model: ShardModel
  revision: number
}

export interface ShardBucket {
  /** What was written last: the leader of the stream answers. */
  latest(shard: number): Promise<StoredShard>
  /** Cheaper: any replica answers, which may be a little behind. */
  recent(shard: number): Promise<StoredShard>
  /** Writes over the revision that was read, and returns the new one. Throws Conflict. */
  write(shard: number, stored: StoredShard): Promise<number>
}

/** JetStream's codes of a write whose expected revision was not the last one. */
const wrongRevision = [10_071, 10_164]
const keyOf = (shard: number): string => `shard-${shard}`

/** Shards as documents in a key-value bucket, created at the first use. */
export function shardBucket(bus: Pick<Bus, 'kv' | 'streams'>, name: string): ShardBucket {
  const stored = (found: { text: string; revision: number } | undefined): StoredShard =>
    found === undefined
      ? { model: emptyShard(), revision: 0 }
      : { model: decodeShard(found.text), revision: found.revision }

  return {
    latest: async (shard) => {
      await bus.kv(name)
      const { streams } = await bus.streams.manager()
      const message = await streams.getMessage(`KV_${name}`, { last_by_subj: `$KV.${name}.${keyOf(shard)}` })
      return stored(message === null ? undefined : { text: message.string(), revision: message.seq })
    },
    recent: async (shard) => {
      const entry = await (await bus.kv(name)).get(keyOf(shard))
      return stored(entry === null ? undefined : { text: entry.string(), revision: entry.revision })
    },
    write: async (shard, { model, revision }) => {
      try {
        return await (await bus.kv(name)).put(keyOf(shard), encodeShard(model), { previousSeq: revision })
      } catch (error) {
        if (error instanceof JetStreamApiError && wrongRevision.includes(error.code))
          throw new Conflict(`shard ${shard} has moved on from revision ${revision}`, { cause: error })
        throw error
      }
    },
  }
}
