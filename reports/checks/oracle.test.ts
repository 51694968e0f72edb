import { expect, test } from 'vitest'
import type { RawRecord } from '../record/fixture.ts'
import { answersNamed } from './answers-named.ts'
import type { Check } from './check.ts'
import { effectsAsAsked } from './effects-as-asked.ts'
import { entriesMatchTransfers } from './entries-match-transfers.ts'
import { exclusionsKept } from './exclusions-kept.ts'
import { historyWellFormed } from './history-well-formed.ts'
import { holdsOverTime } from './holds-over-time.ts'
import { limitsKept } from './limits-kept.ts'
import { loginsEnd } from './logins-end.ts'
import { noncesInOrder } from './nonces-in-order.ts'
import { proofsHold } from './proofs-hold.ts'
import { readsCommitted } from './reads-committed.ts'
import { refusalsJustified } from './refusals-justified.ts'
import { acknowledged, linesOfKind, outcomeOf } from './testing.ts'
import { thiefGetsNothing } from './thief-gets-nothing.ts'
import { writesInOrder } from './writes-in-order.ts'

// What each check is for, planted one at a time in a record that is correct otherwise.

type Plant = (raw: RawRecord) => void
const endOf = (raw: RawRecord, kind: string, type: 'ok' | 'fail' = 'ok', index = 0) =>
  raw.history.filter((line) => line.kind === kind && line.type === type)[index]!
const invokeOf = (raw: RawRecord, end: { operation_id: string }) =>
  raw.history.find(({ operation_id, type }) => operation_id === end.operation_id && type === 'invoke')!
/** A refusal of the API becomes its opposite. */
const served = (line: { type: string; value: Record<string, unknown> }, value = {}) =>
  Object.assign(line, { type: 'ok', value })
const refusal = (code: string) => (raw: RawRecord) =>
  raw.history.find(
    (line) => line.type === 'fail' && line.value['code'] === code && !('attack' in invokeOf(raw, line).value),
  )!
const ofAttack = (raw: RawRecord) => raw.history.find((line) => line.type === 'invoke' && 'attack' in line.value)!

const spinAsks =
  (name: string, value: unknown): Plant =>
  (raw) =>
    void (acknowledged(raw, 'spin').invoke.value = { ...acknowledged(raw, 'spin').invoke.value, [name]: value })
const spinTold =
  (name: string, value: unknown): Plant =>
  (raw) =>
    void (acknowledged(raw, 'spin').end.value = { ...acknowledged(raw, 'spin').end.value, [name]: value })
const transfer = (raw: RawRecord, kind: string) =>
  linesOfKind(raw, 'transfer').find((line) => line.transfer_kind === kind)!
const entriesOf = (raw: RawRecord, kind: string) =>
  linesOfKind(raw, 'entry').filter(({ transfer_id }) => transfer_id === transfer(raw, kind).transfer_id)
const refuse =
  (kind: string, code: string): Plant =>
  (raw) =>
    void Object.assign(acknowledged(raw, kind).end, { type: 'fail', value: { code } })
const answered =
  (status: number, error: string): Plant =>
  (raw) =>
    void Object.assign(
      raw.requests.find((row) => row.status === 503)!,
      { status, error },
    )
const told =
  (kind: string, value: Record<string, unknown>): Plant =>
  (raw) =>
    void Object.assign(endOf(raw, kind).value, value)

const planted: readonly (readonly [Check, string, Plant, RegExp])[] = [
  [
    effectsAsAsked,
    'another deposit',
    (raw) => (acknowledged(raw, 'deposit').invoke.value = { amount_minor: 7 }),
    /asked for 7/,
  ],
  [effectsAsAsked, 'another stake', spinAsks('stake_minor', 1), /stake_minor 1|a stake of 1/],
  [effectsAsAsked, 'another client seed', spinAsks('client_seed', 'own'), /client_seed own/],
  [effectsAsAsked, 'stops that were not drawn', spinTold('stops', [9, 9, 9]), /stops \[9,9,9\]/],
  [effectsAsAsked, 'a status', spinTold('status', 'cancelled'), /status cancelled/],
  [effectsAsAsked, 'another payout', (raw) => (linesOfKind(raw, 'hold')[0]!.amount_minor = 5), /payout of 100/],
  [
    entriesMatchTransfers,
    'a bet that is credited',
    (raw) => entriesOf(raw, 'bet').forEach((each) => (each.amount_minor *= -1)),
    /moves \d+/,
  ],
  [
    entriesMatchTransfers,
    'a deposit × 100',
    (raw) => entriesOf(raw, 'deposit').forEach((each) => (each.amount_minor *= 100)),
    /moves/,
  ],
  [
    entriesMatchTransfers,
    'money of another',
    (raw) => (entriesOf(raw, 'win')[0]!.account = 'player:p-9'),
    /moves money of player:p-9/,
  ],
  [entriesMatchTransfers, 'a win of nothing', (raw) => (transfer(raw, 'win').amount_minor = 0), /moves nothing/],
  ...[
    'session_ended',
    'insufficient_funds',
    'self_excluded',
    'loss_limit_reached',
    'reality_check_due',
    'not_a_code',
  ].map((code) => [refusalsJustified, code, refuse('spin', code), new RegExp(`was refused \\(${code}\\)`)] as const),
  [refusalsJustified, 'hold_expired', refuse('cancel_payout', 'hold_expired'), /its hold is released/],
  [readsCommitted, 'a balance', told('balance', { balance_minor: 999_999_999 }), /saw 999999999/],
  [readsCommitted, 'a version', told('balance', { version: 123_456 }), /never committed/],
  [readsCommitted, 'money on hold', told('balance', { held_minor: 5 }), /saw 5 on hold|saw/],
  [readsCommitted, 'what is available', told('ask_payout', { available_minor: 5 }), /saw 5 available/],
  [
    readsCommitted,
    'a history',
    (raw) =>
      (raw.history.findLast((line) => line.kind === 'history' && line.type === 'ok')!.value = {
        rounds: [{ round_id: 'none' }],
      }),
    /does not have/,
  ],
  [proofsHold, 'another proof', told('proof', { win_minor: 123 }), /win_minor 123/],
  [
    proofsHold,
    'another seed',
    told('rotate_seed', { revealed: { server_seed: 'a', server_seed_hash: 'b', rounds: 1 } }),
    /not the one/,
  ],
  [proofsHold, 'a nonce that was used', told('seed', { next_nonce: 0 }), /known to be used/],
  [exclusionsKept, 'a session after it', (raw) => served(endOf(raw, 'open_session', 'fail')), /had excluded himself/],
  [exclusionsKept, 'for less time', told('self_exclude', { excluded_until_ms: 5 }), /before the days/],
  [
    exclusionsKept,
    'a stake after it',
    (raw) => {
      const spin = raw.history.findLast(
        (line) => line.player_id === 'c-1' && line.kind === 'spin' && line.type === 'ok',
      )!
      const late_ms = endOf(raw, 'self_exclude').at_ms + 1
      invokeOf(raw, spin).at_ms = late_ms
      spin.at_ms = late_ms + 10
    },
    /had excluded himself/,
  ],
  [
    limitsKept,
    'a stake too much',
    (raw) => {
      endOf(raw, 'set_limits').value = { ...endOf(raw, 'set_limits').value, daily_loss_max_minor: 50 }
      invokeOf(raw, endOf(raw, 'set_limits')).value = { daily_loss_max_minor: 50 }
    },
    /had set 50/,
  ],
  [limitsKept, 'a limit that is not shown', told('limits', { daily_loss_max_minor: null }), /shown a limit of none/],
  [
    loginsEnd,
    'a token after its end',
    (raw) => served(refusal('token_revoked')(raw)),
    /after its login had been ended/,
  ],
  [loginsEnd, 'a refresh token twice', (raw) => served(endOf(raw, 'refresh', 'fail')), /one refresh token/],
  [
    loginsEnd,
    'a login while suspended',
    (raw) => served(refusal('account_suspended')(raw)),
    /while its player was suspended/,
  ],
  [answersNamed, 'a fault of the system that a later attempt hid', answered(500, 'internal'), /500 \(internal\)/],
  [answersNamed, 'a refusal without a code', answered(502, '1502'), /does not name/],
  [answersNamed, 'a refusal with the status of another', answered(500, 'unavailable'), /says to be 503/],
  [answersNamed, 'a refusal of another route', answered(409, 'hold_captured'), /does not name/],
  [
    thiefGetsNothing,
    'an attack that is served',
    (raw) => {
      const { operation_id } = ofAttack(raw)
      served(raw.history.find((line) => line.operation_id === operation_id && line.type === 'fail')!)
    },
    /is an attack/,
  ],
  [
    thiefGetsNothing,
    'an attack with an effect',
    (raw) => {
      acknowledged(raw, 'deposit').invoke.value = { ...acknowledged(raw, 'deposit').invoke.value, attack: 'other-key' }
    },
    /is an attack/,
  ],
  [
    historyWellFormed,
    'an end after the end',
    (raw) => raw.history.push({ ...acknowledged(raw, 'spin').end, type: 'info' }),
    /ended 2 times/,
  ],
  [
    historyWellFormed,
    'what was never asked',
    (raw) => raw.history.splice(raw.history.indexOf(acknowledged(raw, 'spin').invoke), 1),
    /never asked/,
  ],
  [historyWellFormed, 'what nobody knows', (raw) => (acknowledged(raw, 'spin').invoke.kind = 'gift'), /does not have/],
  [
    writesInOrder,
    'two versions',
    (raw) => {
      const own = linesOfKind(raw, 'entry').filter(({ account }) => account === 'player:p-1')
      const [one, other] = [own[3]!, own[own.length - 3]!]
      ;[one.version, other.version] = [other.version, one.version]
    },
    /later version/,
  ],
  [
    noncesInOrder,
    'two nonces',
    (raw) => {
      const own = linesOfKind(raw, 'round').filter(({ player_id }) => player_id === 'p-1')
      const [one, other] = [own[1]!, own[own.length - 2]!]
      ;[one.nonce, other.nonce] = [other.nonce, one.nonce]
    },
    /nonce \d+ after \d+/,
  ],
  [
    holdsOverTime,
    'spent while it is on hold',
    (raw) => {
      const hold = linesOfKind(raw, 'hold').find(({ player_id }) => player_id === 'p-1')!
      Object.assign(hold, { amount_minor: 100_000_000, status: 'open', ended_at_ms: null, version: 2 })
    },
    /is on hold/,
  ],
]

test.each(planted)('$0.name: $1', (check, _title, plant, text) => {
  expect(outcomeOf(check).violations.map(({ witness }) => witness.text)).toEqual([])
  const { total, violations } = outcomeOf(check, plant)
  expect(total).toBeGreaterThan(0)
  expect(violations.map(({ witness }) => witness.text).join('\n')).toMatch(text)
})

test('what was acknowledged stays so, though an info line follows', () => {
  const plant = (raw: RawRecord) => {
    const { end } = acknowledged(raw, 'deposit')
    raw.history.push({ ...end, type: 'info', at_ms: end.at_ms + 1, value: { code: 'timeout' } })
    end.value = { ...end.value, transfer_id: 'none' }
  }
  expect(outcomeOf(effectsAsAsked, plant).total).toBe(1)
})
