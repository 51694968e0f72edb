import type { SystemEvent } from '#sut/contracts/events.ts'
import { pause } from '#lib/wait.ts'
import type { IsNew } from '#sut/designs/parts.ts'
import { Conflict, type ShardBucket, type StoredShard } from './bucket.ts'
import { apply, trim } from './model.ts'

const attempts_max = 10
const backOff_ms = 20

/**
 * Applies events to the stored shards. What it wrote last it keeps, so that whoever is alone with a shard need not read it
 * again. Resolves when the events are stored; when it throws, they may be stored or not, and can be applied again.
 * One call at a time for a shard.
 */
export function updater(bucket: Pick<ShardBucket, 'latest' | 'write'>, onConflict: () => void, isNew?: IsNew) {
  const held = new Map<number, StoredShard>()

  const attempt = async (shard: number, events: readonly SystemEvent[]): Promise<void> => {
    const stored = held.get(shard) ?? (await bucket.latest(shard))
    // Whatever goes wrong from here on, what is in memory is no longer what is stored.
    held.delete(shard)
    let changed = false
    for (const event of events) changed = apply(stored.model, event, isNew) || changed
    if (changed) {
      trim(stored.model)
      stored.revision = await bucket.write(shard, stored)
    }
    held.set(shard, stored)
  }

  return {
    apply: async (shard: number, events: readonly SystemEvent[]): Promise<void> => {
      for (let tried = 1; ; tried++) {
        try {
          return await attempt(shard, events)
        } catch (error) {
          if (!(error instanceof Conflict) || tried === attempts_max) throw error
          onConflict()
          await pause(backOff_ms * tried)
        }
      }
    },
  }
}
