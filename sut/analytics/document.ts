import type { ShardModel } from './model.ts'

// A shard on disk: arrays instead of objects and integers instead of bigints, because a document is written several times
// a second. Amounts of one shard stay far inside 2^53.
interface ShardDocument {
  schema: 1
  players: Record<string, PlayerRow>
  games: Record<string, [rounds: number, staked_minor: number, won_minor: number]>
}
type PlayerRow = [
  applied: [from: number, to: number, balance_minor: number][],
  deposited_minor: number,
  withdrawn_minor: number,
  staked_minor: number,
  won_minor: number,
  rounds: [round_id: string, game_id: string, stake_minor: number, win_minor: number, ended_at_ms: number][],
]

/** The same model gives the same text, in whatever order players and games came. */
export function encodeShard(model: ShardModel): string {
  const players: ShardDocument['players'] = {}
  for (const player_id of [...model.players.keys()].toSorted()) {
    const player = model.players.get(player_id)!
    players[player_id] = [
      player.applied.map(({ from, to, balance_minor }) => [from, to, Number(balance_minor)]),
      Number(player.deposited_minor),
      Number(player.withdrawn_minor),
      Number(player.staked_minor),
      Number(player.won_minor),
      player.rounds.map((round) => [
        round.round_id,
        round.game_id,
        round.stake_minor,
        round.win_minor,
        round.ended_at_ms,
      ]),
    ]
  }
  const games: ShardDocument['games'] = {}
  for (const game_id of [...model.games.keys()].toSorted()) {
    const game = model.games.get(game_id)!
    games[game_id] = [game.rounds, Number(game.staked_minor), Number(game.won_minor)]
  }
  return JSON.stringify({ schema: 1, players, games } satisfies ShardDocument)
}

export function decodeShard(text: string): ShardModel {
  const document = JSON.parse(text) as ShardDocument
  if (document.schema !== 1) throw new Error(`shard document has schema ${String(document.schema)}, expected 1`)
  return {
    players: new Map(
      Object.entries(document.players).map(([player_id, row]) => [
        player_id,
        {
          applied: row[0].map(([from, to, balance_minor]) => ({ from, to, balance_minor: BigInt(balance_minor) })),
          deposited_minor: BigInt(row[1]),
          withdrawn_minor: BigInt(row[2]),
          staked_minor: BigInt(row[3]),
          won_minor: BigInt(row[4]),
          rounds: row[5].map(([round_id, game_id, stake_minor, win_minor, ended_at_ms]) => ({
            round_id,
            game_id,
            stake_minor,
            win_minor,
            ended_at_ms,
          })),
        },
      ]),
    ),
    games: new Map(
      Object.entries(document.games).map(([game_id, [rounds, staked_minor, won_minor]]) => [
        game_id,
        { rounds, staked_minor: BigInt(staked_minor), won_minor: BigInt(won_minor) },
      ]),
    ),
  }
}
