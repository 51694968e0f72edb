import { JetStreamApiError } from '@nats-io/jetstream'
import type { KV } from '@nats-io/kv'
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
  read(shard: number): Promise<StoredShard>
  /** Writes over the revision that was read, and returns the new one. Throws Conflict. */
  write(shard: number, stored: StoredShard): Promise<number>
}

/** JetStream's codes of a write whose expected revision was not the last one. */
const wrongRevision = [10_071, 10_164]

export function shardBucket(bucket: () => Promise<KV>): ShardBucket {
  return {
    read: async (shard) => {
      const entry = await (await bucket()).get(`shard-${shard}`)
      if (entry === null || entry.operation !== 'PUT') return { model: emptyShard(), revision: entry?.revision ?? 0 }
      return { model: decodeShard(entry.string()), revision: entry.revision }
    },
    write: async (shard, { model, revision }) => {
      try {
        return await (await bucket()).put(`shard-${shard}`, encodeShard(model), { previousSeq: revision })
      } catch (error) {
        if (error instanceof JetStreamApiError && wrongRevision.includes(error.code))
          throw new Conflict(`shard ${shard} has moved on from revision ${revision}`, { cause: error })
        throw error
      }
    },
  }
}
