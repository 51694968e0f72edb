import { describe, expect, test } from 'vitest'
import { draws, weighted, type Draw } from '../k6/draw.ts'
import { impatient } from './impatient.ts'
import type { Action, Answer, Journey, PlayerView, Request } from './journey.ts'
import { reader } from './reader.ts'
import { sameKey } from './same-key.ts'
import { twoDevices } from './two-devices.ts'

type Account = { -readonly [Name in keyof PlayerView]: PlayerView[Name] }

interface Batch {
  arrival: number
  now_ms: number
  /** As the player knew it before the batch. */
  available_minor: number | null
  requests: readonly Request[]
  answers: readonly Answer[]
}

const credentials = { token: 't', signing_key: 's', refresh_token: 'r', login: 'l' }
const all = [twoDevices, sameKey, reader, impatient]

/** Plays 300 arrivals, one each 700 ms, against a service that mostly works. */
function play(journey: Journey, seed = 'seed'): Batch[] {
  const view: Account = {
    balance_minor: journey.first_deposit_minor,
    held_minor: 0,
    payout_id: '',
    round_id: '',
    credentials,
    victim_id: '',
    now_ms: 1_000_000,
    arrival: 0,
  }
  const money = { minor: journey.first_deposit_minor, held_minor: 0 }
  const fate = draws(seed, 'fate')
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
      const available_minor = view.balance_minor === null ? null : view.balance_minor - view.held_minor
      const { arrival, now_ms } = view
      const answers = requests.map((request) => answered(request, view, money, fate))
      batches.push({ arrival, now_ms, available_minor, requests, answers })
      view.now_ms += 20
      step = turn.next(answers)
    }
  }
  return batches
}

function answered(request: Request, view: Account, money: { minor: number; held_minor: number }, fate: Draw): Answer {
  const lost = request.cut_after_ms === undefined ? 5 : 70
  const outcome = weighted(fate, { ok: 92 - lost, fail: 3, info: lost })
  const operation_id = `o${Math.floor(fate() * 1e9)}`
  const answer: Answer = {
    operation_id,
    outcome,
    code: outcome === 'ok' ? '' : 'x',
    body: {},
    sent: { nonce: '', key: '', body: '', headers: {} },
  }
  view.balance_minor = outcome === 'info' ? null : view.balance_minor
  if (outcome !== 'ok') return answer
  happens(request.action, view, money, operation_id)
  ;[view.balance_minor, view.held_minor] = [money.minor, money.held_minor]
  return request.action.kind === 'spin' ? { ...answer, body: { round_id: view.round_id } } : answer
}

function happens(action: Action, view: Account, money: { minor: number; held_minor: number }, id: string): void {
  if (action.kind === 'spin') {
    money.minor -= action.stake_minor
    view.round_id = `round-${id}`
  } else if (action.kind === 'deposit') money.minor += action.amount_minor
  else if (action.kind === 'withdraw') money.minor = Math.max(0, money.minor - action.amount_minor)
  else if (action.kind === 'ask_payout') {
    view.payout_id = `payout-${id}`
    money.held_minor = action.amount_minor
  } else if (action.kind === 'confirm_payout' || action.kind === 'cancel_payout') {
    if (action.kind === 'confirm_payout') money.minor = Math.max(0, money.minor - money.held_minor)
    money.held_minor = 0
    view.payout_id = ''
  }
}

const text = (value: unknown) => JSON.stringify(value)
const kindsOf = ({ requests }: Batch) =>
  requests
    .map(({ action }) => action.kind)
    .toSorted()
    .join('+')
const inBothRegions = ({ requests }: Batch) => new Set(requests.map(({ through }) => through === 'other')).size === 2
const isRead = ({ action }: Request) =>
  ['balance', 'history', 'seed', 'limits', 'payout', 'proof'].includes(action.kind)

const isWithdrawal = ({ action }: Request): boolean => action.kind === 'withdraw'
const amountIn = ({ action }: Request): number => ('amount_minor' in action ? action.amount_minor : 0)

/** The requests with a key, in the order they were sent, by key. */
function byKey(batches: readonly Batch[]): Map<string, (Request & Omit<Batch, 'requests'>)[]> {
  const keys = new Map<string, (Request & Omit<Batch, 'requests'>)[]>()
  for (const { requests, ...batch } of batches)
    for (const request of requests)
      if (request.key !== undefined) keys.set(request.key, [...(keys.get(request.key) ?? []), { ...request, ...batch }])
  return keys
}

describe.each(all)('$name', (journey) => {
  test('the same seed gives the same requests, another seed others', () => {
    expect(play(journey)).toEqual(play(journey))
    expect(play(journey, 'another').map(({ requests }) => requests)).not.toEqual(
      play(journey).map(({ requests }) => requests),
    )
  })

  test('does something at each arrival, and never without a request', () => {
    const batches = play(journey)
    expect(new Set(batches.map(({ arrival }) => arrival)).size).toBe(300)
    expect(batches.every(({ requests }) => requests.length > 0)).toBe(true)
  })

  test('is honest, and attacks nobody', () => {
    expect(journey.honest).toBe(true)
    const requests = play(journey).flatMap((batch) => batch.requests)
    expect(requests.some(({ attack, as }) => attack !== undefined || as !== undefined)).toBe(false)
  })

  test('a key belongs to one kind of operation, first sent in the arrival that it is named after', () => {
    for (const [key, sendings] of byKey(play(journey))) {
      expect(new Set(sendings.map(({ action }) => action.kind)).size).toBe(1)
      expect(key).toMatch(new RegExp(`^k${sendings[0]?.arrival}b?$`))
    }
  })
})

describe('two-devices', () => {
  const batches = play(twoDevices)
  const atOnce = batches.filter(({ requests }) => requests.length > 1)

  test('what is done at once goes through both regions', () => {
    expect(atOnce.length).toBeGreaterThan(200)
    expect(atOnce.every(inBothRegions)).toBe(true)
    expect(new Set(atOnce.map(kindsOf))).toEqual(
      new Set([
        'spin+spin',
        'balance+deposit+spin',
        'balance+deposit',
        'cancel_payout+confirm_payout',
        'withdraw+withdraw',
        'spin+withdraw',
      ]),
    )
  })

  test('a race for the last money is for all that there is, or more; a refusal is not counted', () => {
    const races = batches.filter((batch) => kindsOf(batch).includes('withdraw'))
    expect(races.length).toBeGreaterThan(10)
    for (const { requests, available_minor } of races) {
      const taken = requests.flatMap(({ action }) => (action.kind === 'withdraw' ? [action.amount_minor] : []))
      expect(Math.max(...taken)).toBeGreaterThanOrEqual(available_minor!)
      expect(requests.every(({ counted }) => counted === false)).toBe(true)
    }
    const together = races.flatMap(({ requests }) => (requests.every(isWithdrawal) ? [requests.map(amountIn)] : []))
    expect(together.some(([one, other]) => one !== other)).toBe(true)
    expect(together.some(([one, other]) => one === other)).toBe(true)
  })

  test('confirm and cancel race for the same payout, and are not counted', () => {
    for (const { requests } of batches.filter((batch) => kindsOf(batch) === 'cancel_payout+confirm_payout')) {
      const ids = requests.map(({ action }) => 'payout_id' in action && action.payout_id)
      expect(new Set(ids).size).toBe(1)
      expect(requests.every(({ counted }) => counted === false)).toBe(true)
    }
  })
})

describe('same-key', () => {
  const batches = play(sameKey)
  const keys = [...byKey(batches).values()]

  test('copies are under way at once through both regions', () => {
    const distinct = ({ requests }: Batch) => new Set(requests.map(({ key, action }) => text([key, action]))).size
    const copied = batches.filter((batch) => batch.requests.length > 1 && distinct(batch) === 1)
    expect(copied.length).toBeGreaterThan(100)
    expect(copied.every(inBothRegions)).toBe(true)
    expect(new Set(copied.map(kindsOf))).toEqual(
      new Set([
        'spin+spin',
        'deposit+deposit+deposit',
        'withdraw+withdraw',
        'ask_payout+ask_payout',
        'confirm_payout+confirm_payout',
        'cancel_payout+cancel_payout',
      ]),
    )
  })

  test('only what has other parameters under the same key is not counted', () => {
    const different = keys.filter((sendings) => new Set(sendings.map(({ action }) => text(action))).size > 1)
    expect(different.some(([one, two]) => one?.now_ms === two?.now_ms)).toBe(true)
    expect(different.some(([one, two]) => one?.now_ms !== two?.now_ms)).toBe(true)
    for (const sendings of keys) {
      const counted = sendings.filter((sending) => sending.counted !== false)
      expect(new Set(counted.map(({ action }) => text(action))).size).toBeLessThan(2)
      if (!different.includes(sendings)) expect(counted).toEqual(sendings)
    }
  })

  test('two operations of one arrival have different keys', () => {
    const pairs = batches.filter(({ requests }) => new Set(requests.map(({ key }) => key)).size === 2)
    expect(pairs.length).toBeGreaterThan(5)
  })

  test('an earlier key comes again in a later arrival, with its parameters', () => {
    const later = keys.filter((sendings) => new Set(sendings.map(({ arrival }) => arrival)).size > 1)
    expect(later.length).toBeGreaterThan(10)
    for (const [first, ...others] of later)
      for (const { action, arrival } of others) if (arrival !== first?.arrival) expect(action).toEqual(first?.action)
  })
})

describe('reader', () => {
  const batches = play(reader)
  const reads = batches.filter(({ requests }) => requests.length > 1 && requests.every(isRead))

  test('each write is followed by reads in both regions at once, the balance twice in each', () => {
    const writes = batches.flatMap(({ requests: [first] }, index) =>
      first && !isRead(first) && first.action.kind !== 'rotate_seed' ? [index] : [],
    )
    expect(writes.length).toBe(300)
    for (const index of writes) {
      const balances = batches[index + 1]?.requests.filter(({ action }) => action.kind === 'balance') ?? []
      expect(
        Map.groupBy(balances, ({ through }) => through)
          .values()
          .map(({ length }) => length)
          .toArray(),
      ).toEqual([2, 2])
    }
  })

  test('the proof of the round that was just answered is read in both regions', () => {
    for (const [index, { requests, answers }] of batches.entries()) {
      if (requests[0]?.action.kind !== 'spin' || answers[0]?.outcome !== 'ok') continue
      const action = { kind: 'proof', round_id: answers[0].body['round_id'] }
      expect(batches[index + 1]?.requests).toEqual(
        expect.arrayContaining([
          { action, through: 'home' },
          { action, through: 'other' },
        ]),
      )
    }
  })

  test('now and then the seed of that round is ended, and its proof read once more', () => {
    const ends = batches.flatMap(({ requests: [first] }, index) =>
      first?.action.kind === 'rotate_seed' ? [index] : [],
    )
    expect(ends.length).toBeGreaterThan(10)
    for (const index of ends) {
      const kinds = batches[index + 1]?.requests.map(({ action }) => action.kind)
      expect(kinds).toEqual(['proof', 'proof', 'seed', 'seed'])
    }
  })

  test('reads everything there is, and some of it again', () => {
    const kinds = new Set(reads.flatMap(({ requests }) => requests.map(({ action }) => action.kind)))
    expect(kinds).toEqual(new Set(['balance', 'history', 'seed', 'limits', 'payout', 'proof']))
    expect(reads.length).toBeGreaterThan(350)
  })
})

describe('impatient', () => {
  const batches = play(impatient)
  const keys = [...byKey(batches).values()]

  test('each operation is cut first, is not counted, and is the only one under way', () => {
    expect(batches.every(({ requests }) => requests.length === 1)).toBe(true)
    for (const [first] of keys) {
      expect(first?.counted).toBe(false)
      expect(first?.cut_after_ms).toBeGreaterThanOrEqual(1)
      expect(first?.cut_after_ms).toBeLessThanOrEqual(80)
    }
    const cuts = keys.map(([first]) => first?.cut_after_ms ?? 0)
    const short_share = cuts.filter((cut_ms) => cut_ms < 9).length / cuts.length
    expect(Math.abs(short_share - 0.5)).toBeLessThan(0.12)
  })

  test('comes back once with the same parameters, soon or when it is due, or never', () => {
    const waits = { never: 0, soon: 0, later: 0 }
    for (const [first, back, ...more] of keys) {
      expect(more).toEqual([])
      if (!first || first.answers[0]?.outcome !== 'info') expect(back).toBeUndefined()
      else if (!back) waits.never++
      else {
        expect(back.action).toEqual(first.action)
        expect(back.cut_after_ms).toBeUndefined()
        const wait_ms = back.now_ms - first.now_ms
        waits[back.arrival === first.arrival ? 'soon' : 'later']++
        if (back.arrival === first.arrival) expect(wait_ms).toBeLessThanOrEqual(320)
        else expect(wait_ms).toBeGreaterThanOrEqual(1_000)
      }
    }
    expect(Math.min(...Object.values(waits))).toBeGreaterThan(15)
  })

  test('remembers at most twenty', () => {
    let now_ms = 0
    const turns = impatient.begin()
    const view = (arrival: number) => ({ ...({} as PlayerView), arrival, now_ms })
    for (let arrival = 0; arrival < 200; arrival++) {
      const turn = turns(draws('many', arrival), view(arrival))
      for (let step = turn.next(); !step.done;) step = turn.next([])
    }
    now_ms = 60_000
    let back = 0
    for (; ; back++) {
      const { value } = turns(draws('back', back), view(1_000 + back)).next()
      if (!value || 'pause_ms' in value || value[0]?.cut_after_ms !== undefined) break
    }
    expect(back).toBe(20)
  })
})
