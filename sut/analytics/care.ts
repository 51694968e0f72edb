import { regions, type Region } from '#sut/contracts/descriptor.ts'
import type { Progress } from './consumers.ts'

// Two instances that write the same document all the time would only meet each other's conflicts. So each region is at
// home in half of the shards, and stands in for the others while nothing moves there: correct either way, because every
// write is conditional; cheap because it seldom meets.
export const isHome = (shard: number, region: Region): boolean => shard % regions.length === regions.indexOf(region)

/** Looks in a row at which a shard stood still, with work to do, before somebody else stands in. */
const looksBeforeStandIn = 3

/** Watches progress, one call a look: the shards that have stood still for long enough. */
export function stillness(): (progress: readonly Progress[]) => number[] {
  let last: readonly Progress[] = []
  const stood = new Map<number, number>()
  return (progress) => {
    const still: number[] = []
    for (const [shard, { behind, floor }] of progress.entries()) {
      const stands = behind > 0 && last[shard]?.floor === floor
      const looks = stands ? (stood.get(shard) ?? 0) + 1 : 0
      stood.set(shard, looks)
      if (looks >= looksBeforeStandIn) still.push(shard)
    }
    last = progress
    return still
  }
}
