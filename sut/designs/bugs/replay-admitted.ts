import type { PlantedBug } from '../planted-bug.ts'

export const replayAdmitted: PlantedBug = {
  name: 'replay-admitted',
  title: 'A request that comes again is admitted',
  description:
    'Gateways do not tell each other which nonces they have seen: a request that was captured is admitted by another one.',
  caught_by: 'thief-gets-nothing',
  experiment: 'calm',
  replaces: {
    'gateway.claim-in-store': (standard, mark) => async (key, value, ttl_ms) => {
      mark('ran')
      const found = await standard(key, value, ttl_ms)
      if (found !== null && found !== value) mark('reached')
      return null
    },
  },
}
