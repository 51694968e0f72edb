import type { StateOf } from '#sut/contracts/state.ts'
import type { State } from '../record/record.ts'
import { verdictOf, type Check } from './check.ts'
import { askedFor, captureKey, capturedHold, endsPayout, linesOf, nameOf } from './evidence.ts'
import type { Evidence, Operation } from './evidence.ts'
import { overlapping } from './under-way.ts'

type Hold = StateOf<'hold'>

/** How late the end of a hold's time may be: each wallet looks twice a second. */
const grace_ms = 5_000

/**
 * Money on hold is there and counted once: a hold ends in time, once, and with the money that belongs to its end; what is held of an
 * account is what its open holds say, and never more than its balance. A record of before there were holds has none.
 */
export const holdsEnd: Check = {
  name: 'holds-end',
  title: 'Every hold ends in time and once, and no money on hold is spent',
  needs: ['state', 'rest'],
  dangers: [
    {
      name: 'holds_captured',
      what: 'holds that became a withdrawal',
      brought_about_by: 'player, two-devices',
    },
    {
      name: 'holds_released',
      what: 'holds that were given back',
      brought_about_by: 'player, two-devices',
    },
    {
      name: 'holds_expired',
      what: 'holds whose time was over before anybody ended them',
      brought_about_by: 'impatient, which leaves payouts alone',
    },
    {
      name: 'holds_in_crossing',
      what: 'holds with a confirmation and a cancellation, or two of one, under way at the same time',
      brought_about_by: 'two-devices',
    },
    {
      name: 'holds_during_fault',
      what: 'holds that were placed or ended while a fault was at work',
      brought_about_by: 'every fault',
    },
  ],
  about_money: true,
  run({ state }, evidence) {
    const verdict = verdictOf('holds-end')
    const told = new Set(state.outbox.map(({ event_id }) => event_id))
    const open = new Map<string, bigint>()
    for (const hold of state.hold) {
      verdict.examine()
      countDangers(hold, evidence, verdict)
      const account = `player:${hold.player_id}`
      if (hold.status === 'open') open.set(account, (open.get(account) ?? 0n) + BigInt(hold.amount_minor))
      const captures = evidence.transfersByKey.get(captureKey(hold.hold_id)) ?? []
      const what = wrongWithTime(hold) ?? wrongWithMoney(hold, captures) ?? untold(hold, told)
      if (what === null) continue
      const { hold_id, key, player_id, amount_minor, created_at_ms, ended_at_ms } = hold
      verdict.violate(() => ({
        text: `Hold ${hold_id} (key ${key}) of ${amount_minor} of player ${player_id} ${what}.`,
        operations: operationsOf(hold, evidence).flatMap(linesOf),
        entries: [hold, ...captures.slice(0, 4)],
        fault: evidence.faultAt(ended_at_ms ?? created_at_ms),
      }))
    }
    compareAccounts(state, open, evidence, verdict)
    compareCaptures(state, evidence, verdict)
    return verdict.outcome()
  },
}

function countDangers(hold: Hold, evidence: Evidence, verdict: Verdict): void {
  if (hold.status !== 'open') verdict.exercise(`holds_${hold.status}`)
  if (overlapping([evidence.endingsByHold.get(hold.hold_id) ?? []]).size > 0) verdict.exercise('holds_in_crossing')
  if ([hold.created_at_ms, hold.ended_at_ms ?? undefined].some((at_ms) => evidence.faultAt(at_ms) !== null))
    verdict.exercise('holds_during_fault')
}

function wrongWithTime({ status, overdue_ms, ended_at_ms, expires_at_ms }: Hold): string | null {
  if (status === 'open')
    return overdue_ms > grace_ms ? `is open, and its time has been over for ${Math.round(overdue_ms)} ms` : null
  if (ended_at_ms === null) return `is ${status}, and nobody knows since when`
  const before_ms = expires_at_ms - ended_at_ms
  if (status === 'expired') return before_ms > 0 ? `expired ${Math.round(before_ms)} ms before its time was over` : null
  return before_ms <= 0 ? `was ${status} ${Math.round(-before_ms)} ms after its time was over` : null
}

function wrongWithMoney(
  { status, amount_minor, captured_minor, transfer_id, player_id }: Hold,
  captures: readonly StateOf<'transfer'>[],
): string | null {
  const expected = status === 'captured' ? 1 : 0
  if (captures.length !== expected) return `is ${status}, and ${captures.length} transfers capture it`
  const [transfer] = captures
  if (transfer === undefined) return captured_minor === 0 ? null : `is ${status} with ${captured_minor} captured`
  if (captured_minor > amount_minor) return `was captured with ${captured_minor}`
  const same =
    transfer.transfer_id === transfer_id &&
    transfer.transfer_kind === 'withdrawal' &&
    transfer.player_id === player_id &&
    transfer.amount_minor === captured_minor
  if (same) return null
  const { transfer_kind, amount_minor: moved, player_id: of } = transfer
  return `was captured with ${captured_minor}, and its transfer is a ${transfer_kind} of ${moved} of player ${of}`
}

function untold({ hold_id, status }: Hold, told: ReadonlySet<string>): string | null {
  const states = status === 'open' ? ['placed'] : ['placed', status]
  const missing = states.find((each) => !told.has(`${hold_id}:${each}`))
  return missing === undefined ? null : `has no event that it was ${missing}`
}

type Verdict = ReturnType<typeof verdictOf>

const operationsOf = (hold: Hold, evidence: Evidence): Operation[] => [
  ...askedFor(hold, evidence),
  ...(evidence.endingsByHold.get(hold.hold_id) ?? []),
]

function compareAccounts(
  { account, hold }: State,
  open: ReadonlyMap<string, bigint>,
  evidence: Evidence,
  verdict: Verdict,
): void {
  const byAccount = Map.groupBy(hold, ({ player_id }) => `player:${player_id}`)
  for (const line of account) {
    if (line.held_minor === undefined) continue
    verdict.examine()
    const held = BigInt(line.held_minor)
    const sum = open.get(line.account) ?? 0n
    const report = (text: string): void =>
      verdict.violate(() => {
        const holds = byAccount.get(line.account) ?? []
        const operations = holds.flatMap((each) => operationsOf(each, evidence))
        const ends = operations.filter(endsPayout).map(nameOf).join(', ')
        return {
          text: `Account ${line.account} ${text}${ends === '' ? '' : `, after ${ends}`}.`,
          operations: operations.flatMap(linesOf).slice(0, 8),
          entries: [line, ...holds.slice(0, 4)],
          fault: evidence.faultAt(operations.at(-1)?.invoke.at_ms),
        }
      })
    if (held !== sum) report(`has ${held} on hold, its open holds sum to ${sum}`)
    if (held > 0n && held > BigInt(line.balance_minor))
      report(`has ${held} on hold and a balance of ${line.balance_minor}`)
  }
}

function compareCaptures({ transfer }: State, evidence: Evidence, verdict: Verdict): void {
  for (const line of transfer) {
    const hold_id = capturedHold(line.key)
    if (hold_id === undefined || evidence.holdById.has(hold_id)) continue
    verdict.violate(() => ({
      text: `Transfer ${line.transfer_id} (key ${line.key}) captures a hold that the wallet does not have.`,
      entries: [line],
      fault: evidence.faultAt(line.created_at_ms),
    }))
  }
}
