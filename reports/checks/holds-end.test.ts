import { expect, test } from 'vitest'
import type { StateOf } from '#sut/contracts/state.ts'
import type { RawRecord } from '../record/fixture.ts'
import { holdsEnd } from './holds-end.ts'
import { linesOfKind, outcomeOf, remove } from './testing.ts'

const textsOf = (plant?: (raw: RawRecord) => void): string[] =>
  outcomeOf(holdsEnd, plant).violations.map(({ witness }) => witness.text)

/** The first hold of the record, as `change` leaves it, with the events that it must have then. */
function holdOf(raw: RawRecord, change: Partial<StateOf<'hold'>>): StateOf<'hold'> {
  const hold = linesOfKind(raw, 'hold')[0]!
  Object.assign(hold, change)
  const event = { service: 'wallet', type: 'wallet.hold_changed', published: true }
  raw.ledger.push({ kind: 'outbox', ...event, event_id: `${hold.hold_id}:${hold.status}` })
  return hold
}
const accountOf = (raw: RawRecord, { player_id }: StateOf<'hold'>): StateOf<'account'> =>
  linesOfKind(raw, 'account').find(({ account }) => account === `player:${player_id}`)!

/** Captured, and the withdrawal that belongs to it, as `change` leaves that. */
function capture(raw: RawRecord, captured_minor: number, change: Partial<StateOf<'transfer'>> = {}): void {
  const hold = holdOf(raw, { status: 'captured', captured_minor, transfer_id: 'c-1' })
  raw.ledger.push({
    kind: 'transfer',
    transfer_id: 'c-1',
    key: `capture:${hold.hold_id}`,
    transfer_kind: 'withdrawal',
    player_id: hold.player_id,
    amount_minor: captured_minor,
    round_id: null,
    game_id: null,
    created_at_ms: hold.created_at_ms,
    ...change,
  })
}
/** Open, and counted in its account. */
function leaveOpen(raw: RawRecord, overdue_ms: number): void {
  const hold = holdOf(raw, { status: 'open', ended_at_ms: null, overdue_ms })
  const account = accountOf(raw, hold)
  account.held_minor = hold.amount_minor
  account.balance_minor = Math.max(account.balance_minor, hold.amount_minor)
}

test('a clean record passes, and something was looked at', () => {
  const { examined, total, violations } = outcomeOf(holdsEnd)
  expect({ total, violations }).toEqual({ total: 0, violations: [] })
  expect(examined).toBeGreaterThan(0)
})

test('whole and partial captures, an expired hold and one that has time left are as they should be', () => {
  expect(textsOf((raw) => capture(raw, 1))).toEqual([])
  expect(textsOf((raw) => capture(raw, linesOfKind(raw, 'hold')[0]!.amount_minor))).toEqual([])
  expect(textsOf((raw) => leaveOpen(raw, 0))).toEqual([])
  // Whoever ends holds has not looked yet.
  expect(textsOf((raw) => leaveOpen(raw, 900))).toEqual([])
  const expired = (raw: RawRecord) => {
    const { expires_at_ms } = linesOfKind(raw, 'hold')[0]!
    holdOf(raw, { status: 'expired', ended_at_ms: expires_at_ms + 300 })
  }
  expect(textsOf(expired)).toEqual([])
})

test('a hold past its time that is still open is found', () => {
  const [text, ...others] = textsOf((raw) => leaveOpen(raw, 60_000))
  expect(text).toMatch(
    /^Hold h-p-\d+ \(key payout:p-\d+:fixture-payout-p-\d+\) of \d+ of player p-\d+ is open, .* over for 60000 ms\.$/,
  )
  expect(others).toEqual([])
})

test('an end on the wrong side of its time is found', () => {
  const late = (status: 'captured' | 'released') => (raw: RawRecord) => {
    if (status === 'captured') capture(raw, 1)
    const hold = linesOfKind(raw, 'hold')[0]!
    hold.ended_at_ms = hold.expires_at_ms + 40
  }
  expect(textsOf(late('captured'))).toEqual([expect.stringMatching(/was captured 40 ms after its time was over/)])
  expect(textsOf(late('released'))).toEqual([expect.stringMatching(/was released 40 ms after its time was over/)])
  expect(textsOf((raw) => void holdOf(raw, { status: 'expired' }))).toEqual([
    expect.stringMatching(/expired 899998 ms before its time was over/),
  ])
  expect(textsOf((raw) => void holdOf(raw, { ended_at_ms: null }))).toEqual([expect.stringMatching(/since when/)])
})

test('money that was captured twice, not at all, or otherwise than the hold says is found', () => {
  const twice = (raw: RawRecord): void => {
    capture(raw, 5)
    raw.ledger.push({ ...linesOfKind(raw, 'transfer').at(-1)!, transfer_id: 'c-2' })
  }
  expect(textsOf(twice)).toEqual([expect.stringMatching(/is captured, and 2 transfers capture it/)])
  const never = (raw: RawRecord): void => {
    capture(raw, 5)
    remove(raw, (line) => line.kind === 'transfer' && line.transfer_id === 'c-1')
  }
  expect(textsOf(never)).toEqual([expect.stringMatching(/is captured, and 0 transfers capture it/)])
  const released = (raw: RawRecord): void => {
    capture(raw, 5)
    holdOf(raw, { status: 'released', captured_minor: 0, transfer_id: null })
  }
  expect(textsOf(released)).toEqual([expect.stringMatching(/is released, and 1 transfers capture it/)])
  for (const change of [
    { amount_minor: 6 },
    { transfer_kind: 'deposit' as const },
    { player_id: 'p-x' },
    { transfer_id: 'x' },
  ])
    expect(textsOf((raw) => capture(raw, 5, change))).toEqual([
      expect.stringMatching(/was captured with 5, and its transfer is a \w+ of [56] of player p-/),
    ])
  expect(textsOf((raw) => capture(raw, linesOfKind(raw, 'hold')[0]!.amount_minor + 1))).toEqual([
    expect.stringMatching(/was captured with \d+\.$/),
  ])
  expect(textsOf((raw) => void holdOf(raw, { captured_minor: 3 }))).toEqual([
    expect.stringMatching(/is released with 3 captured/),
  ])
})

test('an account whose holds do not fit, and a capture of no hold, are found', () => {
  const [sum] = textsOf((raw) => void (accountOf(raw, linesOfKind(raw, 'hold')[0]!).held_minor = 7))
  expect(sum).toMatch(/^Account player:p-1 has 7 on hold, its open holds sum to 0, after cancel_payout cancel-p-1 /)
  const poor = (raw: RawRecord): void => {
    leaveOpen(raw, 0)
    accountOf(raw, linesOfKind(raw, 'hold')[0]!).balance_minor = 1
  }
  expect(textsOf(poor)).toEqual([expect.stringMatching(/has \d+ on hold and a balance of 1, after/)])
  const unknown = (raw: RawRecord): void => {
    capture(raw, 5)
    remove(raw, (line) => line.kind === 'hold' && line.status === 'captured')
  }
  expect(textsOf(unknown)).toEqual([expect.stringMatching(/Transfer c-1 .* captures a hold that the wallet does not/)])
})

test('a state that nobody was told of is found', () => {
  for (const state of ['placed', 'released'])
    expect(
      textsOf((raw) => {
        const { hold_id } = linesOfKind(raw, 'hold')[0]!
        remove(raw, (line) => line.kind === 'outbox' && line.event_id === `${hold_id}:${state}`)
      }),
    ).toEqual([expect.stringMatching(new RegExp(`has no event that it was ${state}`))])
})

test('a record of before there were holds is judged, and has nothing to look at', () => {
  const outcome = outcomeOf(holdsEnd, (raw) => {
    remove(raw, ({ kind }) => kind === 'hold')
    for (const account of linesOfKind(raw, 'account')) delete account.held_minor
  })
  expect(outcome).toMatchObject({ examined: 0, total: 0, violations: [] })
})
