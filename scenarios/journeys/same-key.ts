import { hex, pick, weighted, type Draw } from '../k6/draw.ts'
import type { Action, Answer, Journey, PlayerView, Request, Turn } from './journey.ts'

const doing = { copies: 40, pair: 10, changed_after: 20, changed_at_once: 15, earlier: 15 } as const
const kinds = { spin: 45, deposit: 25, withdraw: 20, ask_payout: 10 } as const
const stakes_minor = [10, 20, 50, 100] as const
const deposits_minor = [5_00, 10_00, 20_00] as const
const withdrawals_minor = [1_00, 2_00] as const
/** With less than that he deposits: a copy must not be refused for want of funds. */
const poor_minor = 10_00
const remembered = 20

type Writing = Extract<Action, { kind: keyof typeof kinds }>

interface Sending {
  action: Writing
  key: string
}

interface Memory {
  earlier: Sending[]
  /** A copy of an old request for a payout brings back its id, so what has ended is remembered. */
  settled: Set<string>
}

export const sameKey: Journey = {
  name: 'same-key',
  title: 'copies of one operation with one key, at once in both regions and again later; some with other parameters',
  honest: true,
  first_deposit_minor: 50_00,
  duplicate_share: 0,
  begin() {
    const memory: Memory = { earlier: [], settled: new Set() }
    return (draw, view) => turn(draw, view, memory)
  },
}

function* turn(draw: Draw, view: PlayerView, memory: Memory): Turn {
  if (openPayout(view, memory) !== '') {
    yield* settle(draw, view, memory)
    return
  }
  if (view.balance_minor === null) yield [{ action: { kind: 'balance' } }]
  const does = weighted(draw, doing)
  const first: Sending = { action: writing(draw, view), key: `k${view.arrival}` }
  if (does === 'earlier' && memory.earlier.length > 0) yield* again(draw, memory)
  else if (does === 'changed_after') yield* changedAfter(draw, first, memory)
  else if (does === 'changed_at_once') yield changedAtOnce(draw, first)
  else if (does === 'pair') yield* pair(first, { action: spin(draw), key: `k${view.arrival}b` }, memory)
  else remember(memory, first, yield copies(first))
}

/** All under way at once, at least one in each region. */
function copies({ action, key }: Sending): Request[] {
  const two: Request[] = [
    { action, key, through: 'home' },
    { action, key, through: 'other' },
  ]
  return action.kind === 'deposit' ? [...two, { action, key, through: 'other' }] : two
}

/** Two operations with their copies, all at once: the keys must keep them apart. */
function* pair(one: Sending, two: Sending, memory: Memory): Turn {
  const ofOne = copies(one)
  const answers = yield [...ofOne, ...copies(two)]
  remember(memory, one, answers.slice(0, ofOne.length))
  remember(memory, two, answers.slice(ofOne.length))
}

function* changedAfter(draw: Draw, first: Sending, memory: Memory): Turn {
  remember(memory, first, yield [{ ...first, through: 'home' }])
  const action = changed(draw, first.action)
  yield [{ action, key: first.key, through: draw() < 0.5 ? 'home' : 'other', counted: false }]
}

/** Which one is first is not known, so either may be refused, and none is remembered. */
function changedAtOnce(draw: Draw, { action, key }: Sending): Request[] {
  return [
    { action, key, through: 'home', counted: false },
    { action: changed(draw, action), key, through: 'other', counted: false },
  ]
}

function* again(draw: Draw, memory: Memory): Turn {
  const sending = pick(draw, memory.earlier)
  yield draw() < 0.5 ? [{ ...sending, through: draw() < 0.5 ? 'home' : 'other' }] : copies(sending)
}

function* settle(draw: Draw, view: PlayerView, memory: Memory): Turn {
  const { payout_id } = view
  const kind = draw() < 0.5 ? 'confirm_payout' : 'cancel_payout'
  const sending = { action: { kind, payout_id }, key: `k${view.arrival}` } as const
  const answers = yield [
    { ...sending, through: 'home' },
    { ...sending, through: 'other' },
  ]
  if (answers.some(({ outcome }) => outcome !== 'info')) memory.settled.add(payout_id)
}

function openPayout({ payout_id }: PlayerView, { settled }: Memory): string {
  return settled.has(payout_id) ? '' : payout_id
}

/** What was refused is forgotten: its copy could only be refused again. */
function remember({ earlier }: Memory, sending: Sending, answers: readonly Answer[]): void {
  if (answers.some(({ outcome }) => outcome === 'fail')) return
  earlier.push(sending)
  if (earlier.length > remembered) earlier.shift()
}

function writing(draw: Draw, { balance_minor, held_minor }: PlayerView): Writing {
  const kind = weighted(draw, kinds)
  const poor = balance_minor === null || balance_minor - held_minor < poor_minor
  if (poor || kind === 'deposit') return { kind: 'deposit', amount_minor: pick(draw, deposits_minor) }
  return kind === 'spin' ? spin(draw) : { kind, amount_minor: pick(draw, withdrawals_minor) }
}

function spin(draw: Draw): Writing {
  return { kind: 'spin', stake_minor: pick(draw, stakes_minor), client_seed: hex(draw, 16) }
}

function changed(draw: Draw, action: Writing): Writing {
  if (action.kind !== 'spin') return { ...action, amount_minor: action.amount_minor + 1_00 }
  if (draw() < 0.5) return { ...action, client_seed: hex(draw, 16) }
  const others_minor = stakes_minor.filter((stake_minor) => stake_minor !== action.stake_minor)
  return { ...action, stake_minor: pick(draw, others_minor) }
}
