import { shardOf } from '#sut/contracts/events.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const eventLost: PlantedBug = {
  name: 'event-lost',
  title: 'The outbox loses events',
  description: 'One event in thirty-two is marked as published, and was not.',
  caught_by: 'outbox-log',
  experiment: 'calm',
  replaces: {
    'platform.publish': (standard, mark) => async (event) => {
      mark('ran')
      if (shardOf(event.id) !== 0 || shardOf(`${event.id} again`) % 4 !== 0) return standard(event)
      mark('reached')
    },
  },
}
