import { Problem } from '#sut/contracts/problems.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const replayAdmitted: PlantedBug = {
  name: 'replay-admitted',
  title: 'A request that comes again is admitted',
  description:
    'A gateway takes requests that were signed for another region, and gateways do not tell each other which nonces they have seen: a request that was captured is admitted by another one.',
  caught_by: 'thief-gets-nothing',
  experiment: 'locked-doors',
  replaces: {
    'gateway.verify-signature': (standard) => (request, secret, now_ms) => {
      try {
        return standard(request, secret, now_ms)
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'signature_invalid') throw error
        return standard({ ...request, region: request.region === 'a' ? 'b' : 'a' }, secret, now_ms)
      }
    },
    'gateway.claim-in-store': (standard, mark) => async (key, value, ttl_ms) => {
      mark('ran')
      const found = await standard(key, value, ttl_ms)
      if (found !== null && found !== value) mark('reached')
      return null
    },
  },
}
