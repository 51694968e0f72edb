import { describe, expect, test } from 'vitest'
import { draws, type Draw } from '../k6/draw.ts'
import { attackNames } from './attacks.ts'
import { careful } from './careful.ts'
import type { Answer, Credentials, Journey, PlayerView, Request } from './journey.ts'
import { operator } from './operator.ts'
import { thief } from './thief.ts'
import { trespasses } from './trespasses.ts'

interface Batch {
  arrival: number
  now_ms: number
  requests: readonly Request[]
  answers: readonly Answer[]
}

type View = { -readonly [Name in keyof PlayerView]: PlayerView[Name] }

const loginOf = (login: string): Credentials => ({
  token: `token-of-${login}-0123456789`,
  signing_key: `key-of-${login}`,
  refresh_token: `refresh-of-${login}`,
  login,
})

/** Plays 300 arrivals, one each 700 ms; nine of ten operations work, and what is an attack does not. */
function play(journey: Journey, seed = 'seed'): Batch[] {
  const fate = draws(seed, 'fate')
  const view: View = {
    balance_minor: journey.first_deposit_minor,
    held_minor: 0,
    payout_id: '',
    round_id: '',
    credentials: loginOf('own'),
    victim_id: 'victim',
    now_ms: 1_000_000,
    arrival: 0,
  }
  const batches: Batch[] = []
  const turns = journey.begin()
  for (view.arrival = 0; view.arrival < 300; view.arrival++) {
    view.now_ms += 700
    const turn = turns(draws(seed, view.arrival), view)
    for (let step = turn.next(); !step.done;) {
      const requests = step.value
      if ('pause_ms' in requests) {
        view.now_ms += requests.pause_ms
        step = turn.next([])
        continue
      }
      const { arrival, now_ms } = view
      const answers = requests.map((request, number) =>
        answered(request, `${arrival}-${batches.length}-${number}`, view, fate),
      )
      batches.push({ arrival, now_ms, requests, answers })
      view.now_ms += 20
      step = turn.next(answers)
    }
  }
  return batches
}

function answered(request: Request, operation_id: string, view: View, fate: Draw): Answer {
  const { action, as, attack } = request
  const lot = fate()
  const outcome = attack !== undefined || lot < 0.05 ? 'fail' : lot < 0.1 ? 'info' : 'ok'
  const signed = request.with ?? (as === undefined ? view.credentials : loginOf(as))
  const headers = {
    authorization: `Bearer ${signed.token}`,
    'x-slot-signature': 's',
    'x-slot-timestamp': '1',
    'idempotency-key': operation_id,
  }
  const sent = { nonce: operation_id, key: operation_id, body: JSON.stringify({ session_id: 's', ...action }), headers }
  const body = { payout_id: `payout-${operation_id}`, round_id: `round-${operation_id}` }
  const answer: Answer = { operation_id, outcome, code: outcome === 'ok' ? '' : 'x', body, sent }
  if (as === undefined && action.kind === 'deposit' && outcome === 'ok')
    view.balance_minor = (view.balance_minor ?? 0) + action.amount_minor
  if (as === undefined && action.kind === 'spin' && outcome === 'ok')
    view.balance_minor = (view.balance_minor ?? 0) - action.stake_minor
  if (outcome !== 'ok' || (action.kind !== 'login' && action.kind !== 'refresh')) return answer
  const credentials = loginOf(operation_id)
  if (as === undefined) view.credentials = credentials
  return { ...answer, credentials }
}

const requestsIn = (batches: readonly Batch[]): Request[] => batches.flatMap(({ requests }) => requests)
const has = (batch: Batch, kind: Request['action']['kind']) => batch.requests.some(({ action }) => action.kind === kind)
const throughBoth = (requests: readonly Request[]) => new Set(requests.map(({ through }) => through)).size === 2
const all = [careful, operator, thief]

describe.each(all)('$name', (journey) => {
  test('the same seed gives the same requests, another seed others', () => {
    expect(play(journey)).toEqual(play(journey))
    expect(requestsIn(play(journey, 'another'))).not.toEqual(requestsIn(play(journey)))
  })

  test('does something at each arrival, and never without a request', () => {
    const batches = play(journey)
    expect(new Set(batches.map(({ arrival }) => arrival)).size).toBe(300)
    expect(batches.every(({ requests }) => requests.length > 0)).toBe(true)
  })

  test('only the thief attacks', () => {
    const attacks = requestsIn(play(journey)).filter(({ attack }) => attack !== undefined)
    expect(attacks.length > 0).toBe(journey === thief)
  })
})

describe('thief', () => {
  const batches = play(thief)
  const requests = requestsIn(batches)
  const attacks = requests.flatMap(({ attack }) => attack ?? [])

  test('tries every attack', () => {
    expect(new Set(attacks.map(({ name }) => name))).toEqual(new Set([...attackNames, ...Object.keys(trespasses)]))
    expect(attackNames).toHaveLength(17)
  })

  test('tries first what he has tried least often, so that a short run has every attack', () => {
    const short = requestsIn(batches.filter(({ arrival }) => arrival < 12)).flatMap(({ attack }) => attack?.name ?? [])
    expect(attackNames.filter((name) => !short.includes(name)).length).toBeLessThan(3)
  })

  test('what is changed on the way is everything that a signature must cover, each alone', () => {
    const changed = attacks.filter(({ name }) => name === 'changed-on-the-way')
    const parts = changed.map(({ headers = {}, ...attack }) =>
      [...Object.keys(attack).filter((part) => part !== 'name'), ...Object.keys(headers)].toSorted().join('+'),
    )
    expect(new Set(parts)).toEqual(
      new Set([
        'signed_key',
        'body+signed_body',
        'signed_path',
        'signed_region',
        'x-slot-nonce',
        'skew_ms+x-slot-timestamp',
      ]),
    )
  })

  test('an attack is all that is sent but the operations of the victim and his own logins', () => {
    const honest = requests.filter(({ attack }) => attack === undefined)
    const own = honest.filter(({ as }) => as !== 'victim').map(({ action }) => action.kind)
    expect(new Set(own)).toEqual(new Set(['logout', 'login']))
    expect(requests.every(({ counted }) => counted === false)).toBe(true)
    expect(requests.every(({ action, attack }) => attack !== undefined || !('password' in action))).toBe(true)
  })

  test('a replay is of an operation that was admitted, just as it was sent but for what its name says', () => {
    const sent = new Map(batches.flatMap(({ answers }) => answers.map((answer) => [answer.operation_id, answer])))
    const replays = attacks.filter(({ name }) => name.startsWith('replay-'))
    for (const { name, of = '', headers, body } of replays) {
      const captured = sent.get(of)
      expect(captured?.outcome).toBe('ok')
      expect(body === captured?.sent.body).toBe(name !== 'replay-other-body')
      expect(headers?.['idempotency-key'] === captured?.sent.key).toBe(name !== 'replay-other-key')
      expect(headers?.['authorization']).toBe(captured?.sent.headers['authorization'])
    }
    expect(replays.length).toBeGreaterThan(100)
  })

  test('a read is never replayed at the other gateway', () => {
    const elsewhere = requests.filter(
      ({ attack, through }) => attack?.name.startsWith('replay-') && through === 'other',
    )
    expect(elsewhere.length).toBeGreaterThan(50)
    expect(elsewhere.some(({ action }) => action.kind === 'balance')).toBe(false)
  })

  test('guesses 6 to 25 passwords at once', () => {
    const guesses = batches.filter(({ requests: [one] }) => one?.attack?.name === 'wrong-passwords')
    const sizes = guesses.map((batch) => batch.requests.length)
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(6)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(25)
  })

  test('what is malformed is rightly signed, and of his own account', () => {
    const names = ['oversized-body', 'unfitting-types', 'unkept-text']
    const malformed = requests.filter(({ attack }) => names.includes(attack?.name ?? ''))
    expect(malformed.every(({ as, attack }) => as === undefined && attack?.body === attack?.signed_body)).toBe(true)
  })
})

describe('operator', () => {
  const batches = play(operator)

  test('uses all three patterns', () => {
    const kinds = new Set(
      batches.map(({ requests }) =>
        requests
          .map(({ action }) => action.kind)
          .toSorted()
          .join('+'),
      ),
    )
    for (const race of ['spin+suspend', 'logout+refresh', 'refresh+refresh', 'reinstate']) expect(kinds).toContain(race)
    const staff = requestsIn(batches).filter(({ as }) => as === 'operator')
    expect(staff.every(({ action }) => 'player_id' in action && action.player_id === 'victim')).toBe(true)
    const count = (kind: string) => staff.filter(({ action }) => action.kind === kind).length
    expect(count('suspend')).toBe(count('reinstate'))
  })

  test('reads with ended logins through both regions, at once and when the end must be known', () => {
    const logouts = batches.filter((batch) => has(batch, 'logout'))
    expect(logouts.length).toBeGreaterThan(50)
    for (const { arrival, now_ms, requests } of logouts) {
      const ended = requests.find(({ action }) => action.kind === 'logout')?.with
      const later = batches.filter((batch) => batch.arrival === arrival && batch.now_ms > now_ms)
      const reads = later.flatMap((batch) =>
        batch.requests.filter((request) => request.action.kind === 'balance' && request.with === ended),
      )
      expect(reads).toHaveLength(4)
      expect(throughBoth(reads)).toBe(true)
      expect(Math.max(...later.map((batch) => batch.now_ms)) - now_ms).toBeGreaterThan(2_500)
    }
  })

  test('a suspended victim tries his old login', () => {
    const suspensions = batches.filter((batch) => has(batch, 'suspend'))
    const arrivals = new Set(suspensions.map(({ arrival }) => arrival))
    const olds = batches.filter(
      ({ arrival, requests }) => arrivals.has(arrival) && requests.some((request) => request.with !== undefined),
    )
    expect(olds.length).toBeGreaterThan(2 * 0.8 * arrivals.size)
  })
})

describe('careful', () => {
  const batches = play(careful)
  const isSpin = ({ action }: Request) => action.kind === 'spin'

  test('tries stakes through both regions after each limit', () => {
    const limits = batches.flatMap((batch, index) => (has(batch, 'set_limits') && has(batch, 'spin') ? [index] : []))
    expect(limits.length).toBeGreaterThan(20)
    for (const index of limits) {
      const stakes = batches[index + 1]?.requests.filter(isSpin) ?? []
      expect(throughBoth(stakes)).toBe(true)
      expect(stakes.every(({ counted, as }) => counted === false && as === undefined)).toBe(true)
    }
    expect(batches.some((batch) => has(batch, 'limits'))).toBe(true)
    expect(batches.some((batch) => has(batch, 'reality_check'))).toBe(true)
  })

  test('excludes the second account once, at once with a stake, and tries it afterwards through both regions', () => {
    const exclusions = batches.flatMap((batch, index) => (has(batch, 'self_exclude') ? [index] : []))
    expect(exclusions).toHaveLength(1)
    const at = exclusions[0] ?? 0
    expect(batches[at]?.requests.some(isSpin)).toBe(true)
    const later = requestsIn(batches.slice(at + 1)).filter(({ as }) => as === 'victim')
    expect(throughBoth(later.filter(isSpin))).toBe(true)
    const tried = new Set(later.map(({ action }) => action.kind))
    expect(tried).toEqual(new Set(['spin', 'deposit', 'balance', 'withdraw', 'open_session']))
    expect(later.every(({ counted }) => counted === false)).toBe(true)
  })

  test('excludes it by the third arrival at the latest, however it draws', () => {
    for (let seed = 0; seed < 50; seed++) {
      const first = play(careful, `early-${seed}`).find((batch) => has(batch, 'self_exclude'))
      expect(first?.arrival).toBeLessThan(3)
    }
  })

  test('only the second account is ever excluded, and the own one plays on', () => {
    const requests = requestsIn(batches)
    expect(requests.every(({ action, as }) => action.kind !== 'self_exclude' || as === 'victim')).toBe(true)
    const last = requestsIn(batches.filter(({ arrival }) => arrival > 250))
    expect(last.some(({ action, as }) => action.kind === 'spin' && as === undefined)).toBe(true)
    expect(requests.some(({ as }) => as === 'operator')).toBe(false)
  })
})
