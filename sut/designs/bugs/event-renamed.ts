import { newId } from '#lib/random.ts'
import { shardOf } from '#sut/contracts/events.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const eventRenamed: PlantedBug = {
  name: 'event-renamed',
  title: 'Events are published twice, under two names',
  description: 'One event in thirty-two is published a second time with another id, so that no inbox knows it.',
  caught_by: 'outbox-log',
  experiment: 'calm',
  replaces: {
    'platform.publish': (standard, mark) => async (event) => {
      mark('ran')
      await standard(event)
      if (shardOf(event.id) !== 0 || shardOf(`${event.id} again`) % 4 !== 0) return
      mark('reached')
      await standard({ ...event, id: newId() })
    },
  },
}
