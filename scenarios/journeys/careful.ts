import { hex, pick, weighted, type Draw } from '../k6/draw.ts'
import type { Action, Journey, PlayerView, Request, Turn } from './journey.ts'

const doing = { spins: 45, limit: 25, reality: 10, money: 10, cap: 10 } as const
const stakes_minor = [10, 20, 50, 100] as const
const deposits_minor = [5_00, 10_00, 20_00] as const
/** So small that a few spins reach it; 0 forbids every loss. */
const limits_minor = [0, 20, 50, 100, 200] as const
const poor_minor = 5_00
/** One unit above the highest stake of a round, whoever has no limit of his own. */
const above_cap_minor = 100_01
const excludes_share = 0.1
/** By this arrival at the latest, so that a short run has an exclusion too. */
const excludes_by = 3
/** So many arrivals after the exclusion are all the excluded player's, then only each fourth. */
const eager_arrivals = 5
const laterEach = 4
/** Longer than any server may remember that the session was good. */
const remembered_ms = 5_500

interface Memory {
  arrivals: number
  limited: boolean
  played: boolean
  /** Arrivals since the second account has excluded itself; null before. */
  since: number | null
}

export const careful: Journey = {
  name: 'careful',
  title: 'limits his losses and plays on; excludes his second account and tries everything with it afterwards',
  honest: true,
  first_deposit_minor: 50_00,
  duplicate_share: 0,
  victim: true,
  begin() {
    const memory: Memory = { arrivals: 0, limited: false, played: false, since: null }
    return (draw, view) => turn(draw, view, memory)
  },
}

function* turn(draw: Draw, view: PlayerView, memory: Memory): Turn {
  memory.arrivals++
  if (memory.since === null) {
    const excludes = draw() < excludes_share || memory.arrivals >= excludes_by
    if (view.victim_id !== '' && excludes) yield* exclude(draw, memory)
    else yield* playOn(draw, view, memory)
    return
  }
  memory.since++
  if (memory.since <= eager_arrivals || memory.since % laterEach === 0) yield afterExclusion(draw)
  else yield* playOn(draw, view, memory)
}

function* playOn(draw: Draw, view: PlayerView, memory: Memory): Turn {
  if (view.balance_minor === null) yield [{ action: { kind: 'balance' } }]
  if (view.balance_minor === null) return
  const does = weighted(draw, doing)
  if (does === 'money' || view.balance_minor - view.held_minor < poor_minor) yield [{ action: deposit(draw) }]
  else if (does === 'limit') yield* limit(draw, memory)
  else if (does === 'cap') yield* aboveCap(draw)
  else if (does === 'reality' && memory.played) yield [mayBeRefused({ action: { kind: 'reality_check' } })]
  else yield* spins(draw, memory)
}

function* spins(draw: Draw, memory: Memory): Turn {
  const alone: Request = { action: spin(draw) }
  const answers = yield memory.limited ? onBoth(spin(draw), spin(draw)).map(mayBeRefused) : [alone]
  memory.played ||= answers.some(({ outcome }) => outcome === 'ok')
  if (answers.some(({ code }) => code === 'reality_check_due'))
    yield [mayBeRefused({ action: { kind: 'reality_check' } })]
}

/** He has the money for it: whatever refuses the stake, it is not his balance. */
function* aboveCap(draw: Draw): Turn {
  yield [{ action: { kind: 'deposit', amount_minor: 2 * above_cap_minor } }]
  const tooHigh: Action = { ...spin(draw), stake_minor: above_cap_minor }
  yield onBoth(tooHigh, spin(draw)).map(mayBeRefused)
}

/** The limit and a stake race: the stake may still be taken. What comes after the answer must keep to the limit. */
function* limit(draw: Draw, memory: Memory): Turn {
  // From now on a refusal may be the right answer, also when nobody knows how this ended.
  memory.limited = true
  yield onEither(draw, setLimit(draw), spin(draw)).map(mayBeRefused)
  yield onBoth(spin(draw), spin(draw)).map(mayBeRefused)
  yield [{ action: { kind: 'limits' } }]
  yield onBoth(spin(draw), spin(draw)).map(mayBeRefused)
  if (draw() < 0.5) yield [mayBeRefused({ action: setLimit(draw) })]
}

/** The stake before the exclusion opens the session: what comes at once after it is asked of the same one. */
function* exclude(draw: Draw, memory: Memory): Turn {
  memory.since = 0
  yield [ofVictim({ action: deposit(draw) })]
  yield [ofVictim({ action: spin(draw) })]
  yield onEither(draw, { kind: 'self_exclude', days: 1 }, spin(draw)).map(ofVictim)
  yield onBoth(spin(draw), spin(draw)).map(ofVictim)
  yield onBoth(deposit(draw), deposit(draw)).map(ofVictim)
  yield { pause_ms: remembered_ms }
  yield onBoth(spin(draw), spin(draw)).map(ofVictim)
}

/** Who is excluded may look, and take his money; he may not play, and pay nothing in. */
function afterExclusion(draw: Draw): Request[] {
  const tried: Action[] = [spin(draw), deposit(draw), { kind: 'open_session' }]
  const allowed: Action[] = [{ kind: 'balance' }, { kind: 'withdraw', amount_minor: 10 }]
  const stakes = onBoth(spin(draw), spin(draw))
  return [...stakes, ...onBoth(pick(draw, tried), pick(draw, allowed))].map(ofVictim)
}

const ofVictim = (request: Request): Request => ({ ...request, as: 'victim', counted: false })

const mayBeRefused = (request: Request): Request => ({ ...request, counted: false })

/** At once, through both regions. */
const onBoth = (one: Action, two: Action): Request[] => [
  { action: one, through: 'home' },
  { action: two, through: 'other' },
]

/** The same; which one is elsewhere is drawn. */
const onEither = (draw: Draw, one: Action, two: Action): Request[] =>
  draw() < 0.5 ? onBoth(one, two) : onBoth(two, one)

const setLimit = (draw: Draw): Action => ({ kind: 'set_limits', daily_loss_max_minor: pick(draw, limits_minor) })

const spin = (draw: Draw): Extract<Action, { kind: 'spin' }> => ({
  kind: 'spin',
  stake_minor: pick(draw, stakes_minor),
  client_seed: hex(draw, 16),
})

const deposit = (draw: Draw): Action => ({ kind: 'deposit', amount_minor: pick(draw, deposits_minor) })
