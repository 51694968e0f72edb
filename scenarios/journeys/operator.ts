import { hex, pick, type Draw } from '../k6/draw.ts'
import type { Action, Answer, Credentials, Journey, PlayerView, Request, Turn } from './journey.ts'

const patterns = ['suspends', 'logs_out', 'reuses'] as const
const stakes_minor = [10, 20, 50] as const
/** After that time a revocation must have reached every server. */
const spread_ms = 2_500
/** Whatever fails, after that time nobody may serve a login that has ended. */
const promised_ms = 10_500
const remembered_max = 20

interface Ended {
  logins: readonly Credentials[]
  due_ms: number
}

export const operator: Journey = {
  name: 'operator',
  title: 'ends logins in every way, suspensions among them, and tries what has ended through both regions',
  honest: false,
  first_deposit_minor: 20_00,
  duplicate_share: 0,
  victim: true,
  begin() {
    const ended: Ended[] = []
    return (draw, view) => turn(draw, view, ended)
  },
}

function* turn(draw: Draw, view: PlayerView, ended: Ended[]): Turn {
  if (ended.length > 0 && ended[0]!.due_ms <= view.now_ms) yield readsWith(ended.shift()!.logins)
  const remember = (logins: readonly Credentials[]): void => {
    ended.push({ logins, due_ms: view.now_ms + promised_ms })
    ended.splice(0, ended.length - remembered_max)
  }
  const pattern = view.victim_id === '' ? pick(draw, ['logs_out', 'reuses'] as const) : pick(draw, patterns)
  if (pattern === 'suspends') yield* suspends(draw, view.victim_id)
  else if (pattern === 'logs_out') yield* logsOut(draw, remember)
  else yield* reuses(draw, remember)
}

function* suspends(draw: Draw, player_id: string): Turn {
  const login = ofVictim({ kind: 'login' })
  const old = loginsIn(yield [login])[0]
  const ofOld = (action: Action): Request => ({ ...ofVictim(action), ...(old !== undefined && { with: old }) })
  const staff = (kind: 'suspend' | 'reinstate'): Request => ({
    action: { kind, player_id },
    as: 'operator',
    counted: false,
  })
  yield [ofVictim(spin(draw))]
  yield onBoth(draw, staff('suspend'), ofVictim(spin(draw)))
  yield [...onBoth(draw, ofOld(spin(draw)), ofOld({ kind: 'balance' })), login]
  yield { pause_ms: spread_ms }
  yield onBoth(draw, ofOld(spin(draw)), ofOld({ kind: 'balance' }))
  yield [staff('reinstate')]
  // The old login stays ended: only a new one plays on.
  yield onBoth(draw, ofOld({ kind: 'balance' }), login)
  yield [ofVictim(spin(draw))]
}

/** A refresh and the logout of the same login at once: whichever is first, no login may outlive both. */
function* logsOut(draw: Draw, remember: Remember): Turn {
  const [first] = loginsIn(yield [own({ kind: 'login' })])
  if (first === undefined) return
  const race = yield onBoth(draw, own({ kind: 'refresh' }, first), own({ kind: 'logout' }, first))
  yield* triesAll([first, ...loginsIn(race)], remember)
}

/** A refresh token that is used twice was stolen, at once or one after the other: then all that came of it must end. */
function* reuses(draw: Draw, remember: Remember): Turn {
  const [first] = loginsIn(yield [own({ kind: 'login' })])
  if (first === undefined) return
  const refresh = own({ kind: 'refresh' }, first)
  const here: Request = { ...refresh, through: 'home' }
  const there: Request = { ...refresh, through: 'other' }
  const uses = draw() < 0.5 ? yield [here, there] : [...(yield [here]), ...(yield [here])]
  yield* triesAll([first, ...loginsIn(uses)], remember)
}

/** Reads with each login through both regions and renews each; then again, when the end must be known everywhere. */
type Remember = (logins: readonly Credentials[]) => void

function* triesAll(logins: readonly Credentials[], remember: Remember): Turn {
  yield readsWith(logins)
  // Of a race the newest is tried first: the refresh of a used one is itself a reason to end the others.
  const more: Credentials[] = []
  for (const login of logins.toReversed()) more.push(...loginsIn(yield [own({ kind: 'refresh' }, login)]))
  yield { pause_ms: spread_ms }
  const all = [...logins, ...more]
  yield readsWith(all)
  for (const login of all.toReversed()) yield [own({ kind: 'refresh' }, login)]
  remember(all)
}

const readsWith = (logins: readonly Credentials[]): Request[] =>
  logins.flatMap((login) => [
    { ...own({ kind: 'balance' }, login), through: 'home' },
    { ...own({ kind: 'balance' }, login), through: 'other' },
  ])

const loginsIn = (answers: readonly Answer[]): Credentials[] => answers.flatMap(({ credentials }) => credentials ?? [])

const own = (action: Action, login?: Credentials): Request => ({
  action,
  counted: false,
  ...(login !== undefined && { with: login }),
})

const ofVictim = (action: Action): Request => ({ action, as: 'victim', counted: false })

/** At once, through both regions; which one is elsewhere is drawn. */
const onBoth = (draw: Draw, one: Request, two: Request): Request[] =>
  draw() < 0.5
    ? [
        { ...one, through: 'home' },
        { ...two, through: 'other' },
      ]
    : [
        { ...one, through: 'other' },
        { ...two, through: 'home' },
      ]

const spin = (draw: Draw): Action => ({
  kind: 'spin',
  stake_minor: pick(draw, stakes_minor),
  client_seed: hex(draw, 16),
})
