import { hex, pick, weighted, type Draw } from '../k6/draw.ts'
import type { Action, Journey, PlayerView, Request, Turn } from './journey.ts'

const kinds = { spin: 50, deposit: 30, withdraw: 20 } as const
const stakes_minor = [10, 20, 50, 100] as const
const deposits_minor = [5_00, 10_00, 20_00] as const
const withdrawals_minor = [1_00, 2_00] as const
const comesBack = { never: 20, soon: 40, later: 40 } as const
const cut_ms = { from: 1, to: 80 } as const
const soon_ms = { from: 1, to: 300 } as const
/** Longer than every lease: what he left may have been given up, or taken over by another server. */
const later_ms = { from: 1_000, to: 30_000 } as const
const remembered = 20

interface Left {
  action: Action
  key: string
  due_ms: number
}

export const impatient: Journey = {
  name: 'impatient',
  title: 'closes the connection before the answer; never comes back, or soon or much later with the same key',
  honest: true,
  first_deposit_minor: 50_00,
  duplicate_share: 0,
  begin() {
    const left: Left[] = []
    return (draw, view) => turn(draw, view, left)
  },
}

function* turn(draw: Draw, view: PlayerView, left: Left[]): Turn {
  const due = left.findIndex(({ due_ms }) => due_ms <= view.now_ms)
  const [back] = due < 0 ? [] : left.splice(due, 1)
  if (back !== undefined) yield [again(draw, back)]
  else yield* leave(draw, view, left)
}

function* leave(draw: Draw, view: PlayerView, left: Left[]): Turn {
  const sending = { action: writing(draw), key: `k${view.arrival}` }
  const [answer] = yield [{ ...sending, cut_after_ms: logUniform(draw, cut_ms), counted: false }]
  // Who was answered before he lost patience has nothing to come back for.
  if (answer !== undefined && answer.outcome !== 'info') return
  const comes = weighted(draw, comesBack)
  if (comes === 'soon') {
    yield { pause_ms: logUniform(draw, soon_ms) }
    yield [again(draw, sending)]
  }
  if (comes === 'later' && left.length < remembered)
    left.push({ ...sending, due_ms: view.now_ms + logUniform(draw, later_ms) })
}

/** He waits for the answer this time. His network may have brought him to the other region. */
function again(draw: Draw, { action, key }: Omit<Left, 'due_ms'>): Request {
  return { action, key, through: draw() < 0.5 ? 'home' : 'other' }
}

/** He seldom knows his balance: he deposits so much that what he plays and takes out is nearly always there. */
function writing(draw: Draw): Action {
  const kind = weighted(draw, kinds)
  if (kind === 'spin') return { kind, stake_minor: pick(draw, stakes_minor), client_seed: hex(draw, 16) }
  return { kind, amount_minor: pick(draw, kind === 'deposit' ? deposits_minor : withdrawals_minor) }
}

/** Whole milliseconds, log-uniform: as many of 1 to 2 as of 40 to 80. */
function logUniform(draw: Draw, { from, to }: { from: number; to: number }): number {
  return Math.round(from * (to / from) ** draw())
}
