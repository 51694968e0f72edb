import { random } from '#lib/random.ts'
import type { MoneyTransferred, SystemEvent } from '#sut/contracts/events.ts'

interface Sums {
  version: number
  balance_minor: bigint
  deposited_minor: bigint
  staked_minor: bigint
  won_minor: bigint
  /** Round ids in the order in which they ended. */
  completed: string[]
}

/** A whole history of some players, in order, as wallet and game would tell it, with the sums that follow from it. */
export function playHistory(seed: string, options: { players: number; rounds: number }) {
  const source = random(seed)
  const events: SystemEvent[] = []
  const players = new Map<string, Sums>()
  const games = new Map<string, { rounds: number; staked_minor: bigint; won_minor: bigint }>()
  let clock_ms = 1_750_000_000_000

  const transfer = (
    player_id: string,
    kind: MoneyTransferred['kind'],
    amount_minor: number,
    round: { round_id?: string; game_id?: string },
  ) => {
    const sums = players.get(player_id)!
    sums.version++
    sums.balance_minor += BigInt(kind === 'bet' ? -amount_minor : amount_minor)
    const transfer_id = `${player_id}-${sums.version}`
    events.push({
      type: 'wallet.transferred',
      id: `wallet:${transfer_id}`,
      occurred_at_ms: ++clock_ms,
      player_id,
      transfer_id,
      kind,
      amount_minor,
      balance_after_minor: Number(sums.balance_minor),
      version: sums.version,
      ...round,
    })
  }

  const play = (player_id: string, round_id: string) => {
    const sums = players.get(player_id)!
    const game_id = source.pick(['cherries', 'comets', 'pyramids'])
    const game = games.get(game_id) ?? { rounds: 0, staked_minor: 0n, won_minor: 0n }
    games.set(game_id, game)
    const round = { round_id, game_id }
    const stake_minor = 1 + source.integer(100)
    const win_minor = source.next() < 0.3 ? 1 + source.integer(500) : 0
    const cancelled = source.next() < 0.1
    transfer(player_id, 'bet', stake_minor, round)
    if (cancelled) transfer(player_id, 'rollback', stake_minor, round)
    else {
      if (win_minor > 0) transfer(player_id, 'win', win_minor, round)
      sums.staked_minor += BigInt(stake_minor)
      sums.won_minor += BigInt(win_minor)
      sums.completed.push(round_id)
      game.rounds++
      game.staked_minor += BigInt(stake_minor)
      game.won_minor += BigInt(win_minor)
    }
    events.push({
      type: 'game.round_ended',
      id: `game:${round_id}`,
      occurred_at_ms: ++clock_ms,
      player_id,
      ...round,
      status: cancelled ? 'cancelled' : 'completed',
      stake_minor,
      win_minor: cancelled ? 0 : win_minor,
    })
  }

  for (let index = 0; index < options.players; index++) {
    const player_id = `player-${index}`
    players.set(player_id, {
      version: 0,
      balance_minor: 0n,
      deposited_minor: 100_000n,
      staked_minor: 0n,
      won_minor: 0n,
      completed: [],
    })
    events.push({
      type: 'identity.player_registered',
      id: `identity:${player_id}`,
      occurred_at_ms: ++clock_ms,
      player_id,
    })
    transfer(player_id, 'deposit', 100_000, {})
    for (let round = 0; round < options.rounds; round++) play(player_id, `round-${index}-${round}`)
  }
  return { events, expected: { players, games } }
}
