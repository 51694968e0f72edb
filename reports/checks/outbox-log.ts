import type { StateOf } from '#sut/contracts/state.ts'
import { verdictOf, type Check } from './check.ts'
import { eventFacts } from '../model/event-facts.ts'
import { operationOf } from './applied-twice.ts'
import { linesOf, type Evidence } from './evidence.ts'
import { redelivered } from './deliveries.ts'
import { looksWith } from './pending.ts'

/**
 * transfers = outbox = log: what was committed is published, what is published is in the log once, and nothing else is.
 */
export const outboxLog: Check = {
  name: 'outbox-log',
  title: 'Every event of an outbox is in the log once, and no other',
  needs: ['state', 'rest'],
  dangers: [
    {
      name: 'redelivered_to_log',
      what: 'events that came to telemetry more than once, for the log',
      brought_about_by: 'faults that end consumers, or cut them from the bus while they work',
    },
    {
      name: 'events_during_fault',
      what: 'events of what happened while a fault was at work',
      brought_about_by: 'every fault',
    },
    {
      name: 'outbox_rows_waiting',
      what: 'looks at the running system that found events which were not published yet',
      brought_about_by: 'every load; faults on the bus make it more',
    },
  ],
  run({ state, observations }, evidence) {
    const verdict = verdictOf('outbox-log')
    const report = (text: string, entries: readonly (object | undefined)[], at_ms?: number): void =>
      verdict.violate(() => ({ text, entries: entries.slice(0, 4), fault: evidence.faultAt(at_ms) }))
    const logged = Map.groupBy(state.log, ({ event }) => event.id)
    const stored = Map.groupBy(state.outbox, ({ event_id }) => event_id)
    verdict.examine(state.outbox.length + state.log.length)
    const during = state.log.filter(({ event }) => evidence.faultAt(event.occurred_at_ms) !== null)
    verdict.exercise('events_during_fault', during.length)
    verdict.exercise(
      'redelivered_to_log',
      redelivered(state, (name) => name === 'telemetry'),
    )
    verdict.exercise('outbox_rows_waiting', looksWith('outbox', observations))

    for (const row of state.outbox) {
      const event = `Event ${row.event_id} (${row.type}) of ${row.service}`
      if (!row.published) report(`${event} was never published from its outbox.`, [row])
      else if (!logged.has(row.event_id)) report(`${event} was published and is not in the log.`, [row])
    }
    for (const [id, rows] of stored)
      if (rows.length > 1) report(`Event ${id} stands in an outbox ${rows.length} times.`, rows)
    const facts = eventFacts(state, evidence)
    for (const [id, lines] of logged) {
      const { event } = lines[0]!
      const { type, occurred_at_ms: at_ms } = event
      if (lines.length > 1) report(`Event ${id} is in the log ${lines.length} times.`, lines, at_ms)
      const row = stored.get(id)?.[0]
      if (row === undefined) report(`Event ${id} (${type}) is in the log and in no outbox.`, lines, at_ms)
      else if (row.type !== type)
        report(`Event ${id} is ${type} in the log, and ${row.type} in its outbox.`, [row, ...lines], at_ms)
      const wrong = facts.wrongWith(event)
      if (wrong !== null)
        report(`Event ${id} (${type}) of player ${event.player_id} ${wrong.what}.`, [...lines, ...wrong.entries], at_ms)
    }
    for (const { what, entries } of facts.untold()) report(what, entries)
    transfersUntold(state.transfer, state.log, evidence, verdict)
    return verdict.outcome()
  },
}

/** Each transfer has an event; what it says is held above. A tombstone moved nothing. */
function transfersUntold(
  transfers: readonly StateOf<'transfer'>[],
  log: readonly StateOf<'log'>[],
  evidence: Evidence,
  verdict: ReturnType<typeof verdictOf>,
): void {
  const told = new Set(log.flatMap(({ event }) => (event.type === 'wallet.transferred' ? [event.transfer_id] : [])))
  for (const transfer of transfers) {
    const { transfer_id, key, transfer_kind, amount_minor, created_at_ms } = transfer
    if (transfer_kind === 'tombstone' || amount_minor === 0 || told.has(transfer_id)) continue
    verdict.violate(() => {
      const operation = operationOf(transfer, evidence)
      return {
        text: `Transfer ${transfer_id} (key ${key}), ${transfer_kind} ${amount_minor}, has no event in the log.`,
        operations: operation === undefined ? [] : linesOf(operation),
        entries: [transfer],
        fault: evidence.faultAt(created_at_ms),
      }
    })
  }
}
