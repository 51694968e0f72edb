import { shardOf } from '#sut/contracts/events.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const auditSkips: PlantedBug = {
  name: 'audit-skips',
  title: 'The audit trail leaves events out',
  description:
    'Telemetry takes every event and keeps no audit entry of one in eight: the chain holds, and lacks money.',
  caught_by: 'audit-chain',
  experiment: 'calm',
  replaces: {
    // One in eight, the same ones whenever they come again.
    'telemetry.audits': (standard, mark) => (event_id) => {
      mark('ran')
      if (shardOf(event_id) !== 0) return standard(event_id)
      mark('reached')
      return false
    },
  },
}
