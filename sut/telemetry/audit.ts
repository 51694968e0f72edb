import { type AuditFact, factOf } from '#sut/contracts/audit.ts'
import type { BusMessage } from '#sut/platform/bus.ts'
import { violationsOf } from './recorder.ts'

export interface AuditOptions {
  /** How many were new. */
  append: (facts: readonly AuditFact[]) => Promise<number>
  /** Whether an event that belongs into the trail gets there. */
  selects: (event_id: string) => boolean
  count: (appended: number) => void
}

/**
 * Takes a batch into the audit trail: all of it is acknowledged once its entries are committed, or comes again. What fits no
 * contract is the recorder's business, and comes again after it was understood.
 */
export function auditKeeper({ append, selects, count }: AuditOptions) {
  return async (messages: readonly BusMessage[]): Promise<void> => {
    const events = messages.map(({ event }) => event).filter((event) => violationsOf(event).length === 0)
    const facts = events.flatMap((event) => factOf(event) ?? []).filter(({ event_id }) => selects(event_id))
    if (facts.length > 0) count(await append(facts))
    for (const message of messages) message.ack()
  }
}
