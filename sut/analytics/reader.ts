import type { Clock } from '#lib/clock.ts'
import { pause } from '#lib/wait.ts'
import type { History } from '#sut/contracts/api.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { shardOf } from '#sut/contracts/events.ts'
import type { ShardBucket } from './bucket.ts'
import type { ShardModel } from './model.ts'

/** Age at which a copy in memory is read again. */
const fresh_ms = 500
/** When the bucket does not answer in this time, an older copy is shown, if there is one: history lags anyway. */
const patience_ms = 200

/** Reads histories from the stored shards. Throws Problem unavailable when there is no copy at all. */
export function historyReader(
  bucket: Pick<ShardBucket, 'recent'>,
  clock: Clock,
): (player_id: string) => Promise<History> {
  const copies = new Map<number, { model: ShardModel; read_at_ms: number }>()
  const reading = new Map<number, Promise<ShardModel>>()

  const read = (shard: number): Promise<ShardModel> => {
    const running = reading.get(shard)
    if (running !== undefined) return running
    const started = bucket
      .recent(shard)
      .then(
        ({ model }) => {
          copies.set(shard, { model, read_at_ms: clock.monotonic_ms() })
          return model
        },
        (error: unknown) => {
          throw new Problem('unavailable', 'the histories cannot be read now', { cause: error })
        },
      )
      .finally(() => reading.delete(shard))
    reading.set(shard, started)
    return started
  }

  const modelOf = async (shard: number): Promise<ShardModel> => {
    const copy = copies.get(shard)
    if (copy === undefined) return read(shard)
    if (clock.monotonic_ms() - copy.read_at_ms < fresh_ms) return copy.model
    const older = () => copy.model
    return Promise.race([read(shard).catch(older), pause(patience_ms).then(older)])
  }

  return async (player_id) => {
    const player = (await modelOf(shardOf(player_id))).players.get(player_id)
    const rounds = player?.rounds ?? []
    return {
      rounds: rounds.map(({ round_id, game_id, stake_minor, win_minor }) => ({
        round_id,
        game_id,
        stake_minor,
        win_minor,
      })),
    }
  }
}
