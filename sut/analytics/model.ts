import type { MoneyTransferred, RoundEnded, SystemEvent } from '#sut/contracts/events.ts'
import type { IsNew } from '#sut/designs/parts.ts'
import { applyVersion, type Applied } from './versions.ts'

// Read model of one shard of players. Every event may come more than once and in any order:
//
//   wallet.transferred    counted when its account version is applied for the first time
//   game.round_ended      put into the newest rounds: the first few of a set under a total order, which no order of arrival changes
export interface PlayerModel {
  applied: Applied[]
  deposited_minor: bigint
  withdrawn_minor: bigint
  staked_minor: bigint
  won_minor: bigint
  /** Newest first. */
  rounds: Round[]
}
export interface Round {
  round_id: string
  game_id: string
  stake_minor: number
  win_minor: number
  ended_at_ms: number
}
export interface GameModel {
  rounds: number
  staked_minor: bigint
  won_minor: bigint
}
export interface ShardModel {
  players: Map<string, PlayerModel>
  games: Map<string, GameModel>
}

export const emptyShard = (): ShardModel => ({ players: new Map(), games: new Map() })

/** Applies one event in place. False when the model holds it already, or takes nothing from its kind. */
export function apply(model: ShardModel, event: SystemEvent, isNew: IsNew = applyVersion): boolean {
  if (event.type === 'wallet.transferred') return applyTransfer(model, event, isNew)
  if (event.type === 'game.round_ended') return event.status === 'completed' && applyRound(model, event)
  return false
}

const emptyPlayer = (): PlayerModel => ({
  applied: [],
  deposited_minor: 0n,
  withdrawn_minor: 0n,
  staked_minor: 0n,
  won_minor: 0n,
  rounds: [],
})

function playerOf(model: ShardModel, player_id: string): PlayerModel {
  const known = model.players.get(player_id)
  if (known !== undefined) return known
  const player = emptyPlayer()
  model.players.set(player_id, player)
  return player
}

function applyTransfer(model: ShardModel, event: MoneyTransferred, isNew: IsNew): boolean {
  const player = playerOf(model, event.player_id)
  if (!isNew(player.applied, event.version, BigInt(event.balance_after_minor))) return false

  const amount_minor = BigInt(event.amount_minor)
  if (event.kind === 'deposit') player.deposited_minor += amount_minor
  else if (event.kind === 'withdrawal') player.withdrawn_minor += amount_minor
  else if (event.kind === 'win') player.won_minor += amount_minor
  else player.staked_minor += event.kind === 'bet' ? amount_minor : -amount_minor

  if (event.game_id !== undefined) applyToGame(model, event.game_id, event.kind, amount_minor)
  return true
}

/** A round counts from its bet until a rollback takes the bet back. */
function applyToGame(model: ShardModel, game_id: string, kind: MoneyTransferred['kind'], amount_minor: bigint): void {
  if (kind === 'deposit' || kind === 'withdrawal') return
  const game = model.games.get(game_id) ?? { rounds: 0, staked_minor: 0n, won_minor: 0n }
  model.games.set(game_id, game)
  if (kind === 'win') {
    game.won_minor += amount_minor
    return
  }
  game.rounds += kind === 'bet' ? 1 : -1
  game.staked_minor += kind === 'bet' ? amount_minor : -amount_minor
}

const newestFirst = (left: Round, right: Round): number =>
  right.ended_at_ms - left.ended_at_ms || (left.round_id < right.round_id ? 1 : left.round_id > right.round_id ? -1 : 0)

function applyRound(model: ShardModel, event: RoundEnded): boolean {
  const player = playerOf(model, event.player_id)
  if (player.rounds.some(({ round_id }) => round_id === event.round_id)) return false
  const round: Round = {
    round_id: event.round_id,
    game_id: event.game_id,
    stake_minor: event.stake_minor,
    win_minor: event.win_minor,
    ended_at_ms: event.occurred_at_ms,
  }
  const index = player.rounds.findIndex((other) => newestFirst(round, other) < 0)
  const position = index === -1 ? player.rounds.length : index
  if (position >= roundsKeptMost) return false
  player.rounds.splice(position, 0, round)
  player.rounds.length = Math.min(player.rounds.length, roundsKeptMost)
  return true
}

const roundsKeptMost = 20
const roundsKeptInShard = 5_000

/**
 * Rounds kept per player: 20, and fewer where a shard has many players, so that its document stays well under the
 * 1 MB of a message. The number only falls as players come, so what is cut would not be in the end result either:
 * the model still does not depend on the order.
 */
export const roundsKept = (players: number): number =>
  Math.max(2, Math.min(roundsKeptMost, Math.floor(roundsKeptInShard / Math.max(1, players))))

/** Before a model is written: cuts the histories to what is kept. */
export function trim(model: ShardModel): void {
  const kept = roundsKept(model.players.size)
  for (const player of model.players.values()) player.rounds.length = Math.min(player.rounds.length, kept)
}
