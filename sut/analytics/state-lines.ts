import type { StateLine } from '#sut/contracts/state.ts'
import type { ShardBucket } from './bucket.ts'
import { shards } from './consumers.ts'
import type { GameModel } from './model.ts'
import { contiguous } from './versions.ts'

/** The read models as the judges see them: players shard by shard, games summed over all shards. */
export async function* modelLines(bucket: Pick<ShardBucket, 'latest'>): AsyncIterable<StateLine> {
  const games = new Map<string, GameModel>()
  for (const shard of shards) {
    const { model } = await bucket.latest(shard)
    for (const [player_id, player] of model.players) {
      const { version, balance_minor } = contiguous(player.applied)
      yield {
        kind: 'player_model',
        player_id,
        version,
        balance_minor: Number(balance_minor),
        deposited_minor: Number(player.deposited_minor),
        withdrawn_minor: Number(player.withdrawn_minor),
        staked_minor: Number(player.staked_minor),
        won_minor: Number(player.won_minor),
      }
    }
    for (const [game_id, game] of model.games) {
      const sum = games.get(game_id) ?? { rounds: 0, staked_minor: 0n, won_minor: 0n }
      sum.rounds += game.rounds
      sum.staked_minor += game.staked_minor
      sum.won_minor += game.won_minor
      games.set(game_id, sum)
    }
  }
  for (const [game_id, { rounds, staked_minor, won_minor }] of games)
    yield { kind: 'game_model', game_id, rounds, staked_minor: Number(staked_minor), won_minor: Number(won_minor) }
}
