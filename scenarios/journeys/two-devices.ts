import { hex, pick, weighted, type Draw } from '../k6/draw.ts'
import type { Action, Journey, PlayerView, Request, Turn } from './journey.ts'

const doing = { spins: 30, mixed: 30, payout: 20, last_money: 20 } as const
const stakes_minor = [10, 20, 50, 100] as const
const deposits_minor = [5_00, 10_00, 20_00] as const
const payouts_minor = [1_00, 2_00, 5_00] as const
/** With less than that he deposits: what he does at once must not run out of money by accident. */
const poor_minor = 10_00
/** In a race for the last money one device takes everything; the other one plays, takes a part, or everything too. */
const rivals = { plays: 40, part: 35, everything: 25 } as const
/** Of the races for the last money, those in which some of it is on hold, and is taken for money as well: it must be refused. */
const takesHeld_share = 0.4

interface Memory {
  /** The payout whose race had a known end: it is not raced again. */
  settled_id: string
}

export const twoDevices: Journey = {
  name: 'two-devices',
  title: 'one account on two devices at once, in two regions: spins, deposits, payouts, races for the last money',
  honest: true,
  first_deposit_minor: 20_00,
  duplicate_share: 0,
  begin() {
    const memory: Memory = { settled_id: '' }
    return (draw, view) => turn(draw, view, memory)
  },
}

function* turn(draw: Draw, view: PlayerView, memory: Memory): Turn {
  if (view.balance_minor === null) yield [{ action: { kind: 'balance' } }]
  const money_minor = available_minor(view)
  if (money_minor === null) return
  const does = weighted(draw, doing)
  if (money_minor < poor_minor) yield onBoth(draw, deposit(draw), { kind: 'balance' })
  else if (does === 'spins') yield onBoth(draw, spin(draw), spin(draw))
  else if (does === 'mixed') yield mixed(draw)
  else if (does === 'payout') yield* payoutRace(draw, view, memory)
  else yield* lastMoney(draw, view)
}

function mixed(draw: Draw): Request[] {
  const looks: Request = { action: { kind: 'balance' } }
  return [...onBoth(draw, spin(draw), deposit(draw)), draw() < 0.5 ? looks : { ...looks, through: 'other' }]
}

/** Confirmed on one device and cancelled on the other: one of the two must be refused. */
function* payoutRace(draw: Draw, view: PlayerView, memory: Memory): Turn {
  if (view.payout_id === '' || view.payout_id === memory.settled_id)
    yield [{ action: { kind: 'ask_payout', amount_minor: pick(draw, payouts_minor) } }]
  const { payout_id } = view
  if (payout_id === '' || payout_id === memory.settled_id) return
  const race = onBoth(draw, { kind: 'confirm_payout', payout_id }, { kind: 'cancel_payout', payout_id })
  const answers = yield race.map(mayBeRefused)
  if (answers.every(({ outcome }) => outcome !== 'info')) memory.settled_id = payout_id
}

function* lastMoney(draw: Draw, view: PlayerView): Turn {
  const takesHeld = draw() < takesHeld_share
  if (takesHeld) yield [{ action: { kind: 'ask_payout', amount_minor: pick(draw, payouts_minor) } }]
  // The answers of a batch come in any order, so the balance of the last one may be old. The race needs the exact sum.
  yield [{ action: { kind: 'balance' } }]
  const amount_minor = available_minor(view)
  if (amount_minor === null || amount_minor <= 0) return
  const everything: Action = { kind: 'withdraw', amount_minor: takesHeld ? view.balance_minor! : amount_minor }
  yield onBoth(draw, everything, rivalOf(draw, everything, amount_minor)).map(mayBeRefused)
}

function rivalOf(draw: Draw, everything: Action, amount_minor: number): Action {
  const does = weighted(draw, rivals)
  if (does === 'plays') return spin(draw)
  // Whoever comes second finds some money, and too little.
  return does === 'part' ? { kind: 'withdraw', amount_minor: Math.ceil(amount_minor / 2) } : everything
}

/** At once, each through its own region; which one is elsewhere is drawn. */
function onBoth(draw: Draw, one: Action, two: Action): Request[] {
  return draw() < 0.5
    ? [{ action: one }, { action: two, through: 'other' }]
    : [{ action: one, through: 'other' }, { action: two }]
}

function mayBeRefused(request: Request): Request {
  return { ...request, counted: false }
}

function available_minor({ balance_minor, held_minor }: PlayerView): number | null {
  return balance_minor === null ? null : balance_minor - held_minor
}

function spin(draw: Draw): Action {
  return { kind: 'spin', stake_minor: pick(draw, stakes_minor), client_seed: hex(draw, 16) }
}

function deposit(draw: Draw): Action {
  return { kind: 'deposit', amount_minor: pick(draw, deposits_minor) }
}
