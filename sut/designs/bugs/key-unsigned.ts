import { idempotencyHeader } from '#sut/contracts/api.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { PlantedBug } from '../planted-bug.ts'

export const keyUnsigned: PlantedBug = {
  name: 'key-unsigned',
  title: 'A signature need not cover the idempotency key',
  description:
    'The gateway also takes a signature that was made without the key, as clients once made it: with another key such a request moves money again.',
  caught_by: 'thief-gets-nothing',
  experiment: 'locked-doors',
  replaces: {
    'gateway.verify-signature': (standard, mark) => (request, secret, now_ms) => {
      mark('ran')
      try {
        return standard(request, secret, now_ms)
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'signature_invalid') throw error
        const { [idempotencyHeader]: key, ...headers } = request.headers
        if (key === undefined) throw error
        const nonce = standard({ ...request, headers }, secret, now_ms)
        mark('reached')
        return nonce
      }
    },
  },
}
