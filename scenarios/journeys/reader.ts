import { hex, pick, weighted, type Draw } from '../k6/draw.ts'
import type { Action, Answer, Journey, PlayerView, Request, Turn } from './journey.ts'

const writes = { spin: 60, deposit: 20, payout: 20 } as const
const stakes_minor = [10, 20, 50, 100] as const
const deposits_minor = [5_00, 10_00, 20_00] as const
const payouts_minor = [1_00, 2_00, 5_00] as const
/** With less than that he deposits. */
const poor_minor = 10_00
/** With this share he reads everything once more, and with half of it after a pause. */
const readsAgain_share = 0.4
/** Of his rounds, those whose seed he ends at once. */
const reveals_share = 0.2
const pause_ms = [5, 50, 200] as const
const further = [{ kind: 'history' }, { kind: 'seed' }, { kind: 'limits' }] as const

export const reader: Journey = {
  name: 'reader',
  title: 'writes, then reads at once in both regions what was written: balance, proof, history, seed, limits, payout',
  honest: true,
  first_deposit_minor: 50_00,
  duplicate_share: 0.05,
  begin() {
    const settled = new Set<string>()
    return (draw, view) => turn(draw, view, settled)
  },
}

function* turn(draw: Draw, view: PlayerView, settled: Set<string>): Turn {
  if (view.balance_minor === null) yield [{ action: { kind: 'balance' } }]
  const action = writing(draw, view, settled)
  const [answer] = yield [{ action, through: draw() < 0.5 ? 'home' : 'other' }]
  // A payout that could not be settled is left alone, or he would try nothing else.
  if ('payout_id' in action && answer?.outcome !== 'info') settled.add(action.payout_id)
  const payout_id = 'payout_id' in action ? action.payout_id : action.kind === 'ask_payout' ? view.payout_id : ''
  const round_id = roundOf(answer)
  const reads = readings(draw, payout_id, round_id)
  yield reads
  if (round_id !== '' && draw() < reveals_share) yield* reveal(round_id)
  if (draw() >= readsAgain_share) return
  if (draw() < 0.5) yield { pause_ms: pick(draw, pause_ms) }
  yield reads
}

function writing(draw: Draw, view: PlayerView, settled: ReadonlySet<string>): Action {
  const { balance_minor, held_minor, payout_id } = view
  const kind = weighted(draw, writes)
  if (kind === 'payout' && payout_id !== '' && !settled.has(payout_id))
    return { kind: draw() < 0.5 ? 'confirm_payout' : 'cancel_payout', payout_id }
  const poor = balance_minor === null || balance_minor - held_minor < poor_minor
  if (poor || kind === 'deposit') return { kind: 'deposit', amount_minor: pick(draw, deposits_minor) }
  if (kind === 'payout') return { kind: 'ask_payout', amount_minor: pick(draw, payouts_minor) }
  return { kind: 'spin', stake_minor: pick(draw, stakes_minor), client_seed: hex(draw, 16) }
}

/** Each region is asked twice for the balance: two reads of one region must not go back in time either. */
function readings(draw: Draw, payout_id: string, round_id: string): Request[] {
  const reads = [...inBoth({ kind: 'balance' }), ...inBoth({ kind: 'balance' }), ...inBoth(pick(draw, further))]
  if (payout_id !== '') reads.push(...inBoth({ kind: 'payout', payout_id }))
  if (round_id !== '') reads.push(...inBoth({ kind: 'proof', round_id }))
  return reads
}

/** Ends the seed of a round: from then on its proof shows the seed, and another one is in force. */
function* reveal(round_id: string): Turn {
  // Refused while a round of an answer that was lost is open.
  yield [{ action: { kind: 'rotate_seed' }, counted: false }]
  yield [...inBoth({ kind: 'proof', round_id }), ...inBoth({ kind: 'seed' })]
}

function inBoth(action: Action): Request[] {
  return [
    { action, through: 'other' },
    { action, through: 'home' },
  ]
}

/** '' when the operation was no spin, or had no answer. */
function roundOf(answer: Answer | undefined): string {
  const round_id = answer?.outcome === 'ok' ? answer.body['round_id'] : undefined
  return typeof round_id === 'string' ? round_id : ''
}
