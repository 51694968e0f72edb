import type { Redis } from 'ioredis'
import type { Platform } from '#sut/platform/platform.ts'
import { tokenVerifier } from '#sut/platform/identity.ts'
import { publicDoor } from './door.ts'
import { holders } from './holders.ts'
import { nonces, type NonceStore } from './nonces.ts'
import { operations } from './operations.ts'
import { skewMost_ms } from './signature.ts'

// In flight: about what one gateway serves within its deadline when it is busy. More would only wait and end too late.
const limits = { in_flight_max: 100, body_bytes_max: 16 * 1024, deadline_ms: 2_000 }

/** Puts the public API on the platform's public server. Needs the secret `signing_master` and Redis. */
export async function wireGateway(platform: Platform): Promise<void> {
  const { clock, metrics, log } = platform
  const signing_master = platform.config.secrets['signing_master']
  if (signing_master === undefined) throw new Error('the gateway needs the secret signing_master')

  const refusals = metrics.counter('gateway_refusals_total', 'Requests that were refused, by problem code', ['code'])
  const fallbacks = metrics.counter('gateway_nonce_fallbacks_total', 'Nonces checked without Redis')

  await platform.http.register(
    publicDoor({
      operations: operations(platform.call, signing_master),
      holders: holders({ verify: tokenVerifier(platform), signing_master, clock, kept_max: 10_000 }),
      nonces: nonces({
        store: redisNonces(platform.redis()),
        clock,
        ttl_ms: 2 * skewMost_ms + 10_000,
        remembered_max: 100_000,
        retry_store_after_ms: 500,
        onFallback: () => fallbacks.inc(),
      }),
      clock,
      limits,
      onRefusal: (code) => refusals.inc({ code }),
      onInternalError: (error) => log.error({ err: error }, 'a public request failed'),
    }),
  )
}

/** In two commands, the second for a replay alone: SET … NX GET in one needs Redis 7. */
export const redisNonces = (redis: Redis): NonceStore => ({
  setIfAbsent: async (key, value, ttl_ms) => {
    const done = await redis.set(key, value, 'PX', ttl_ms, 'NX')
    // `??`: what refused the value a moment ago may have expired since; refused is refused.
    return done === 'OK' ? null : ((await redis.get(key)) ?? '')
  },
})
