import { hex, pick, weighted } from '../k6/draw.ts'
import type { Journey } from './journey.ts'

const playing = { spin: 78, balance: 8, history: 4, deposit: 8, games: 2 } as const
const spinning = { spin: 1, balance: 0, history: 0, deposit: 0, games: 0 } as const
const stakes_minor = [10, 20, 50, 100] as const
const deposits_minor = [5_00, 10_00, 20_00] as const

export const player: Journey = {
  name: 'player',
  title: 'a player: spins mostly (78 %), deposits, looks at balance, history and games',
  first_deposit_minor: 50_00,
  duplicate_share: 0.05,
  next: turn(playing),
}

export const spinner: Journey = {
  name: 'spinner',
  title: 'nothing but spins, and a deposit when the account is empty: for the bench',
  first_deposit_minor: 50_00,
  duplicate_share: 0.05,
  next: turn(spinning),
}

function turn(weights: Readonly<Record<keyof typeof playing, number>>): Journey['next'] {
  return (draw, { balance_minor }) => {
    const kind = weighted(draw, weights)
    const stake_minor = pick(draw, stakes_minor)
    const amount_minor = pick(draw, deposits_minor)
    // Nobody presses spin with an empty account: a refusal for want of funds would say nothing about the system.
    if (kind === 'deposit' || (kind === 'spin' && balance_minor !== null && balance_minor < stake_minor)) {
      return { kind: 'deposit', amount_minor }
    }
    return kind === 'spin' ? { kind, stake_minor, client_seed: hex(draw, 16) } : { kind }
  }
}
