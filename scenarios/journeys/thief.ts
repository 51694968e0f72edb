import { pick, weighted, type Draw } from '../k6/draw.ts'
import { attacking, possible, requestsOf, revokedToken } from './attacks.ts'
import type { Action, Credentials, Journey, PlayerView, Request, Turn } from './journey.ts'

/** Most can be done with a captured deposit. */
const captured = { deposit: 60, withdraw: 20, balance: 20 } as const
const deposits_minor = [5_00, 10_00, 20_00] as const
/** Whatever fails, after that time nobody may serve a login that has ended. */
const promised_ms = 10_500

interface Memory {
  /** A login that he has ended himself, and when it is to be tried. */
  ended: { login: Credentials; of: string; due_ms: number } | null
}

export const thief: Journey = {
  name: 'thief',
  title:
    'listens on the line of a victim: replays, changes and forges requests, guesses passwords, sends what is malformed',
  honest: false,
  first_deposit_minor: 20_00,
  duplicate_share: 0,
  victim: true,
  begin() {
    const memory: Memory = { ended: null }
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
  const name = pick(draw, possible(loot))
  const requests = requestsOf(name, draw, loot)
  if (name === revokedToken) yield* endsLogin(view, memory)
  else if (requests.length > 0) yield requests
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
