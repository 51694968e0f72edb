import type { AuditEntry } from '#sut/contracts/audit.ts'
import type { StateOf } from '#sut/contracts/state.ts'
import { chainBreakOf } from '../model/audit.ts'
import type { State } from '../record/record.ts'
import { operationOf } from './applied-twice.ts'
import { verdictOf, type Check } from './check.ts'
import { redelivered } from './deliveries.ts'
import { linesOf, nameOf, type Evidence } from './evidence.ts'

type Verdict = ReturnType<typeof verdictOf>

/**
 * The audit trail is one unbroken chain up to its head, tells of every transfer once, as the ledger does, and of whatever became of
 * money on hold. Where money moved there is a trail.
 */
export const auditChain: Check = {
  name: 'audit-chain',
  title: 'The audit trail is unbroken, and has each transfer and each state of a hold once',
  needs: ['state', 'rest'],
  dangers: [
    {
      name: 'redelivered_to_trail',
      what: 'events that came to telemetry more than once, for the audit trail',
      brought_about_by: 'faults that end consumers, or cut them from the bus while they work',
    },
    {
      name: 'audited_during_fault',
      what: 'entries of what happened while a fault was at work',
      brought_about_by: 'every fault',
    },
    {
      name: 'appended_out_of_order',
      what: 'entries that stand before an entry of something that happened earlier: several instances append',
      brought_about_by: 'every load',
    },
  ],
  run({ state }, evidence) {
    const verdict = verdictOf('audit-chain')
    if (state.audit.length + state.audit_head.length + state.transfer.length === 0) return verdict.outcome()
    const entries = state.audit.map(({ entry }) => entry).toSorted((one, other) => one.sequence - other.sequence)
    verdict.examine(entries.length + state.transfer.length)
    verdict.exercise(
      'redelivered_to_trail',
      redelivered(state, (name) => name === 'audit'),
    )
    countDangers(entries, evidence, verdict)
    compareChain(entries, state, evidence, verdict)
    compareTransfers(entries, state.transfer, evidence, verdict)
    compareHolds(entries, state.log, evidence, verdict)
    return verdict.outcome()
  },
}

function countDangers(entries: readonly AuditEntry[], evidence: Evidence, verdict: Verdict): void {
  let latest_ms = -Infinity
  for (const { occurred_at_ms } of entries) {
    if (evidence.faultAt(occurred_at_ms) !== null) verdict.exercise('audited_during_fault')
    if (occurred_at_ms < latest_ms) verdict.exercise('appended_out_of_order')
    latest_ms = Math.max(latest_ms, occurred_at_ms)
  }
}

function compareChain(
  entries: readonly AuditEntry[],
  { audit_head, transfer }: State,
  evidence: Evidence,
  verdict: Verdict,
): void {
  const report = (text: string, lines: readonly (object | undefined)[], at_ms?: number): void =>
    verdict.violate(() => ({ text: `Audit trail: ${text}.`, entries: lines, fault: evidence.faultAt(at_ms) }))
  const broken = chainBreakOf(entries)
  if (broken !== null) report(broken.text, [broken.before, broken.at], broken.at.occurred_at_ms)
  const head = audit_head[0]?.head
  const last = entries.at(-1)
  if (head?.sequence !== (last?.sequence ?? 0) || head.hash !== (last?.hash ?? ''))
    report(`its head is entry ${head?.sequence ?? 'of nothing'}, its last entry ${last?.sequence ?? 0}`, [
      head,
      last ?? transfer[0],
    ])
  const byEvent = Map.groupBy(entries, ({ event_id }) => event_id)
  for (const [event_id, same] of byEvent)
    if (same.length > 1)
      report(`event ${event_id} has ${same.length} entries`, same.slice(0, 4), same[0]!.occurred_at_ms)
}

/** A tombstone moved nothing. */
function compareTransfers(
  entries: readonly AuditEntry[],
  transfers: readonly StateOf<'transfer'>[],
  evidence: Evidence,
  verdict: Verdict,
): void {
  const moved = entries.filter(({ kind }) => kind === 'wallet.transferred')
  const byTransfer = Map.groupBy(moved, ({ details }) => details['transfer_id'])
  for (const transfer of transfers) {
    if (transfer.transfer_kind === 'tombstone' || transfer.amount_minor === 0) continue
    const found = byTransfer.get(transfer.transfer_id) ?? []
    const what = differenceOf(transfer, found)
    if (what === null) continue
    verdict.violate(() => {
      const operation = operationOf(transfer, evidence)
      const of = operation === undefined ? '' : `: ${nameOf(operation)}`
      const { transfer_id, key, transfer_kind, amount_minor, created_at_ms } = transfer
      return {
        text: `Transfer ${transfer_id} (key ${key}), ${transfer_kind} ${amount_minor}, ${what}${of}.`,
        operations: operation === undefined ? [] : linesOf(operation),
        entries: [transfer, ...found.slice(0, 3)],
        fault: evidence.faultAt(created_at_ms),
      }
    })
  }
  for (const entry of moved)
    if (!evidence.transferById.has(String(entry.details['transfer_id'])))
      verdict.violate(() => ({
        text: `Audit entry ${entry.sequence} tells of transfer ${entry.details['transfer_id']}, which the ledger does not have.`,
        entries: [entry],
        fault: evidence.faultAt(entry.occurred_at_ms),
      }))
}

/** Once: that no event has two entries is seen with the chain. */
function compareHolds(
  entries: readonly AuditEntry[],
  log: readonly StateOf<'log'>[],
  evidence: Evidence,
  verdict: Verdict,
): void {
  const kept = new Set(entries.map(({ event_id }) => event_id))
  for (const line of log) {
    const { id, type, occurred_at_ms, player_id } = line.event
    if (!type.startsWith('wallet.hold_') || kept.has(id)) continue
    verdict.violate(() => ({
      text: `Event ${id} (${type}) of player ${player_id} has no audit entry.`,
      entries: [line],
      fault: evidence.faultAt(occurred_at_ms),
    }))
  }
}

function differenceOf(transfer: StateOf<'transfer'>, [entry, ...others]: readonly AuditEntry[]): string | null {
  if (entry === undefined) return 'has no audit entry'
  if (others.length > 0) return `has ${others.length + 1} audit entries`
  const { kind, amount_minor } = entry.details
  const same =
    kind === transfer.transfer_kind && amount_minor === transfer.amount_minor && entry.subject === transfer.player_id
  return same ? null : `has an audit entry of ${kind} ${amount_minor} for player ${entry.subject}`
}
