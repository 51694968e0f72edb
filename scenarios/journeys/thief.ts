import { between, pick, weighted, type Draw } from '../k6/draw.ts'
import { attacking, guesses_at_once, manyNames, possible, requestsOf, revokedToken, type Loot } from './attacks.ts'
import type { Action, Credentials, Journey, PlayerView, Request, Turn } from './journey.ts'
import { trespasses } from './trespasses.ts'

/** Most can be done with a captured deposit. */
const captured = { deposit: 60, withdraw: 20, balance: 20 } as const
const deposits_minor = [5_00, 10_00, 20_00] as const
/** Whatever fails, after that time nobody may serve a login that has ended. */
const promised_ms = 10_500
/** Of one capture. What was tried least often comes first, so that a short run meets every attack. */
const attacks_each_time = 3
/** Drawn by each thief: all of them at once would be another experiment. */
const tried_before_guessing = { from: 6, to: 15 } as const

interface Memory {
  /** A login that he has ended himself, and when it is to be tried. */
  ended: { login: Credentials; of: string; due_ms: number } | null
  /** How often each attack was made. */
  tried: Map<string, number>
  /** After so many of them he guesses at many names. */
  guesses_after: number | null
}

export const thief: Journey = {
  name: 'thief',
  title:
    'listens on the line of a victim: replays, changes and forges requests, guesses passwords, asks for what is not his, sends what is malformed',
  honest: false,
  first_deposit_minor: 20_00,
  duplicate_share: 0,
  victim: true,
  begin() {
    const memory: Memory = { ended: null, tried: new Map(), guesses_after: null }
    return (draw, view) => turn(draw, view, memory)
  },
}

function* turn(draw: Draw, view: PlayerView, memory: Memory): Turn {
  if (memory.ended !== null && memory.ended.due_ms <= view.now_ms) yield withEndedLogin(memory)
  const action = worthStealing(draw)
  // Without `through`: an answered request stays where the client is, and there the same gateway is found again.
  const [answer] = yield [{ action, as: 'victim', counted: false }]
  if (answer === undefined) return
  const loot = { action, answer, own_key: view.credentials.signing_key }
  for (const name of nextAttacks(draw, loot, memory)) {
    if (name === revokedToken) yield* endsLogin(view, memory)
    const requests = requestsOf(name, draw, loot)
    if (name === manyNames) yield* inTurns(requests)
    else if (requests.length > 0) yield requests
    const steps = trespasses[name]
    if (steps !== undefined) yield* steps(view)
  }
}

function* inTurns(requests: readonly Request[]): Turn {
  for (let from = 0; from < requests.length; from += guesses_at_once) yield requests.slice(from, from + guesses_at_once)
}

/**
 * Those that were made least often of what is possible now, in an order that is drawn. Once, when the
 * load is no more cold, he guesses at many names: no run is without that, and honest players pay for it too.
 */
function nextAttacks(draw: Draw, loot: Loot, memory: Memory): string[] {
  const { tried } = memory
  memory.guesses_after ??= between(draw, tried_before_guessing)
  const names: string[] = tried.size >= memory.guesses_after && !tried.has(manyNames) ? [manyNames] : []
  for (const name of names) tried.set(name, 1)
  const timesOf = (name: string): number => tried.get(name) ?? 0
  while (names.length < attacks_each_time) {
    const open = [...possible(loot), ...Object.keys(trespasses)].filter((name) => !names.includes(name))
    const least = Math.min(...open.map(timesOf))
    const name = pick(
      draw,
      open.filter((each) => timesOf(each) === least),
    )
    tried.set(name, least + 1)
    names.push(name)
  }
  return names
}

/** He ends a login of his own, to come back with it. */
function* endsLogin(view: PlayerView, memory: Memory): Turn {
  const before = view.credentials
  const [logout] = yield [{ action: { kind: 'logout' }, counted: false }]
  // The client may have logged in on the way: what has ended is the login that the logout was sent with.
  const sentWith = logout?.sent.headers['authorization']
  const login = [before, view.credentials].find(({ token }) => `Bearer ${token}` === sentWith)
  // Without a known end the login may rightly work.
  if (logout?.outcome === 'ok' && login !== undefined)
    memory.ended ??= { login, of: logout.operation_id, due_ms: view.now_ms + promised_ms }
  yield [{ action: { kind: 'login' }, counted: false }]
}

function withEndedLogin(memory: Memory): Request[] {
  const { login, of } = memory.ended!
  memory.ended = null
  const read = { ...attacking({ kind: 'balance' }, { name: revokedToken, of }), with: login }
  return [
    { ...read, through: 'home' },
    { ...read, through: 'other' },
  ]
}

function worthStealing(draw: Draw): Action {
  const kind = weighted(draw, captured)
  if (kind === 'balance') return { kind }
  return { kind, amount_minor: kind === 'deposit' ? pick(draw, deposits_minor) : 50 }
}
