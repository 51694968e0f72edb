import { shardOf } from '#sut/contracts/events.ts'
import type { Choices } from './registry.ts'

// Which of the events that the audit trail must keep get there, by event id.
export const auditSelections: Record<Choices['audit'], (event_id: string) => boolean> = {
  every: () => true,
  /** One in eight, the same ones whenever they come again. */
  skips: (event_id) => shardOf(event_id) !== 0,
}
