import { hex, pick, weighted, type Draw } from '../k6/draw.ts'
import { oneAtATime, type Action, type Journey, type PlayerView } from './journey.ts'

const playing = { spin: 74, balance: 8, history: 4, deposit: 8, games: 2, payout: 4 } as const
const spinning = { spin: 1, balance: 0, history: 0, deposit: 0, games: 0, payout: 0 } as const
const stakes_minor = [10, 20, 50, 100] as const
const deposits_minor = [5_00, 10_00, 20_00] as const
const payouts_minor = [1_00, 2_00, 5_00] as const
/** Who has asked for a payout comes back for it soon: with this share of what he does next. */
const comesBack_share = 0.4
/** Then this share is confirmed, the others are cancelled. */
const confirmed_share = 0.75

export const player: Journey = {
  name: 'player',
  title:
    'a player: spins mostly (74 %), deposits, asks for payouts and confirms or cancels them, looks at balance, history and games',
  honest: true,
  first_deposit_minor: 50_00,
  duplicate_share: 0.05,
  begin: oneAtATime(turn(playing)),
}

export const spinner: Journey = {
  name: 'spinner',
  title: 'nothing but spins, and a deposit when the account is empty: for the bench',
  honest: true,
  first_deposit_minor: 50_00,
  duplicate_share: 0.05,
  begin: oneAtATime(turn(spinning)),
}

function turn(weights: Readonly<Record<keyof typeof playing, number>>): (draw: Draw, view: PlayerView) => Action {
  return (draw, { balance_minor, held_minor, payout_id }) => {
    if (payout_id !== '' && draw() < comesBack_share)
      return { kind: draw() < confirmed_share ? 'confirm_payout' : 'cancel_payout', payout_id }
    const kind = weighted(draw, weights)
    const stake_minor = pick(draw, stakes_minor)
    const amount_minor = pick(draw, deposits_minor)
    const available_minor = balance_minor === null ? Infinity : balance_minor - held_minor
    if (kind === 'payout') {
      const asked_minor = pick(draw, payouts_minor)
      const asks = payout_id === '' && available_minor >= asked_minor
      return asks ? { kind: 'ask_payout', amount_minor: asked_minor } : { kind: 'balance' }
    }
    // Nobody presses spin with an empty account: a refusal for want of funds would say nothing about the system.
    if (kind === 'deposit' || (kind === 'spin' && available_minor < stake_minor))
      return { kind: 'deposit', amount_minor }
    return kind === 'spin' ? { kind, stake_minor, client_seed: hex(draw, 16) } : { kind }
  }
}
