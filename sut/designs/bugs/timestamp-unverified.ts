import { signatureHeaders } from '#sut/contracts/api.ts'
import type { PlantedBug } from '../planted-bug.ts'

const skew_most_ms = 30_000

export const timestampUnverified: PlantedBug = {
  name: 'timestamp-unverified',
  title: 'Signed requests never grow old',
  description: 'The gateway takes the time of a request as its own: a request that was signed long ago is admitted.',
  caught_by: 'thief-gets-nothing',
  experiment: 'locked-doors',
  replaces: {
    'gateway.verify-signature': (standard, mark) => (request, secret, now_ms) => {
      mark('ran')
      const signed_ms = Number(request.headers[signatureHeaders.timestamp])
      if (!Number.isFinite(signed_ms)) return standard(request, secret, now_ms)
      const nonce = standard(request, secret, signed_ms)
      if (Math.abs(signed_ms - now_ms) > skew_most_ms) mark('reached')
      return nonce
    },
  },
}
