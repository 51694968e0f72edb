import { shardOf } from '#sut/contracts/events.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const modelCountsTwice: PlantedBug = {
  name: 'model-counts-twice',
  title: 'The read model counts what comes again',
  description:
    'Analytics looks no more whether it has applied a transfer before, and one event in sixteen is delivered twice, as any event may be.',
  caught_by: 'read-models',
  experiment: 'calm',
  replaces: {
    'analytics.deliveries': (standard, mark) => (events) => {
      mark('ran')
      const again = events.filter(({ id }) => shardOf(id) === 0 && shardOf(`${id} again`) % 2 === 0)
      return [...standard(events), ...again]
    },
    'analytics.is-new': (standard, mark) => (applied, version, balance_minor) => {
      if (!standard(applied, version, balance_minor)) mark('reached')
      return true
    },
  },
}
