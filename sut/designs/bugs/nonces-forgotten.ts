import type { PlantedBug } from '../planted-bug.ts'

export const noncesForgotten: PlantedBug = {
  name: 'nonces-forgotten',
  title: 'A gateway does not remember nonces itself',
  description:
    'Which nonces were used is in Redis alone, and nothing else is asked while Redis is away: a gateway serves the same request again.',
  caught_by: 'thief-gets-nothing',
  experiment: 'redis-link-down',
  replaces: {
    // Redis has what this gateway has admitted, so it makes no difference while it is there.
    'gateway.knows-nonce': (standard, mark) => (remembered, shared) => {
      mark('ran')
      if (shared || !standard(remembered, shared)) return standard(remembered, shared)
      mark('reached')
      return false
    },
    'gateway.claim-elsewhere': () => async () => true,
  },
}
