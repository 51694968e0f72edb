import { pick, weighted, type Draw } from '../k6/draw.ts'
import { attacking, possible, requestsOf, revokedToken } from './attacks.ts'
import type { Action, Journey, PlayerView, Turn } from './journey.ts'

/** Most can be done with a captured deposit. */
const captured = { deposit: 60, withdraw: 20, balance: 20 } as const
const deposits_minor = [5_00, 10_00, 20_00] as const
/** After that time a revocation must have reached every server. */
const spread_ms = 2_500

export const thief: Journey = {
  name: 'thief',
  title:
    'listens on the line of a victim: replays, changes and forges requests, guesses passwords, sends what is malformed',
  honest: false,
  first_deposit_minor: 20_00,
  duplicate_share: 0,
  victim: true,
  begin: () => turn,
}

function* turn(draw: Draw, view: PlayerView): Turn {
  const action = worthStealing(draw)
  // Without `through`: an answered request stays where the client is, and there the same gateway is found again.
  const [answer] = yield [{ action, as: 'victim', counted: false }]
  if (answer === undefined) return
  const loot = { action, answer, own_key: view.credentials.signing_key }
  const name = pick(draw, possible(loot))
  const requests = requestsOf(name, draw, loot)
  if (name === revokedToken) yield* withEndedLogin(view)
  else if (requests.length > 0) yield requests
}

/** His own login, which he has ended himself. */
function* withEndedLogin(view: PlayerView): Turn {
  const before = view.credentials
  const [logout] = yield [{ action: { kind: 'logout' }, counted: false }]
  // The client may have logged in on the way: what has ended is the login that the logout was sent with.
  const sentWith = logout?.sent.headers['authorization']
  const ended = [before, view.credentials].find(({ token }) => `Bearer ${token}` === sentWith)
  // Without a known end the login may rightly work.
  if (logout?.outcome === 'ok' && ended !== undefined) {
    yield { pause_ms: spread_ms }
    const attack = { name: revokedToken, of: logout.operation_id }
    const read = { ...attacking({ kind: 'balance' }, attack), with: ended }
    yield [
      { ...read, through: 'home' },
      { ...read, through: 'other' },
    ]
  }
  yield [{ action: { kind: 'login' }, counted: false }]
}

function worthStealing(draw: Draw): Action {
  const kind = weighted(draw, captured)
  if (kind === 'balance') return { kind }
  return { kind, amount_minor: kind === 'deposit' ? pick(draw, deposits_minor) : 50 }
}
