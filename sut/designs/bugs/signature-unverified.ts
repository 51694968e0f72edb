import { signatureHeaders } from '#sut/contracts/api.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const signatureUnverified: PlantedBug = {
  name: 'signature-unverified',
  title: 'One route takes requests without a right signature',
  description: 'The gateway takes any signature of a request to withdraw or to be paid out.',
  caught_by: 'thief-gets-nothing',
  experiment: 'locked-doors',
  replaces: {
    'gateway.verify-signature': (standard, mark) => (request, secret, now_ms) => {
      mark('ran')
      try {
        return standard(request, secret, now_ms)
      } catch (error) {
        const nonce = request.headers[signatureHeaders.nonce]
        if (!(error instanceof Problem) || error.code !== 'signature_invalid' || typeof nonce !== 'string') throw error
        if (!/^\/v1\/(withdrawals|payouts)/.test(request.path)) throw error
        mark('reached')
        return nonce
      }
    },
  },
}
