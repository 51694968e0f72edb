import { shardOf } from '#sut/contracts/events.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const eventForgotten: PlantedBug = {
  name: 'event-forgotten',
  title: 'The log acknowledges events that it has not written',
  description: 'Telemetry takes one event in thirty-two and does not write it.',
  caught_by: 'outbox-log',
  experiment: 'calm',
  replaces: {
    'telemetry.record': (standard, mark) => async (event) => {
      mark('ran')
      if (shardOf(event.id) !== 0 || shardOf(`${event.id} again`) % 4 !== 0) return standard(event)
      mark('reached')
      return false
    },
  },
}
