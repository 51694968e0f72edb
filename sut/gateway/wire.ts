import type { Redis } from 'ioredis'
import { pause } from '#lib/wait.ts'
import { login_ended_after_ms } from '#sut/contracts/promises.ts'
import type { Platform } from '#sut/platform/platform.ts'
import { tokenVerifier } from '#sut/platform/identity.ts'
import { costlyPlaces, withPlaces } from './costly.ts'
import { publicDoor } from './door.ts'
import { holders } from './holders.ts'
import { nonces, settle_every_ms, type Nonces, type NonceStore, StoreLate } from './nonces.ts'
import { operations } from './operations.ts'
import { rates, type RateStore } from './rates.ts'
import { revocations } from './revocations.ts'
import { skewMost_ms, verifySignature } from './signature.ts'
import { assertKept } from './text.ts'

// In flight: about what one gateway serves within its deadline when it is busy. More would only wait and end too late.
// Bodies that have not arrived: more than honest clients ever have under way; an honest body arrives within milliseconds.
const limits = {
  in_flight_max: 100,
  body_bytes_max: 16 * 1024,
  body_ms: 3_000,
  unfinished_address_max: 200,
  unfinished_max: 1_000,
  answer_ms: 10_000,
  deadline_ms: 2_000,
  headers_max: 50,
  header_bytes_max: 8 * 1024,
}

/**
 * Requests in a window, far above what the players of an experiment ask for: one person 30/s, one address (behind it may
 * be a whole network) 2,000/s, all together 10,000/s. No reel turns six times a second. A tenth of what an address may
 * ask may be abuse. A login is a hash of 10 ms, so 50/s of an address are half of a core.
 */
const rateLimits = {
  window_ms: 10_000,
  most: { player: 300, address: 20_000, all: 100_000, spins: 60, logins: 500, abuse: 2_000 },
}
/** Of the places of a gateway, those for logins and registrations. */
const costlyLimits = { places_max: 20, of_one_address_max: 12 }
const share_every_ms = 500
const elsewhere_ms = 1_000
const revokedEvery_ms = 2_000

/** Puts the public API on the platform's public server. Needs the secret `signing_master` and Redis. */
export async function wireGateway(platform: Platform): Promise<void> {
  const { clock, metrics, log } = platform
  const signing_master = platform.config.secrets['signing_master']
  if (signing_master === undefined) throw new Error('the gateway needs the secret signing_master')

  const refusals = metrics.counter('gateway_refusals_total', 'Requests that were refused, by problem code', ['code'])

  const rateFallbacks = metrics.counter(
    'gateway_rate_fallbacks_total',
    'Times that the counts of rates were not shared',
  )
  const shared = rates({
    ...rateLimits,
    store: redisRates(platform.redis()),
    clock,
    remembered_max: 100_000,
    onFallback: () => rateFallbacks.inc(),
    admits: platform.part('gateway.admits-rate', (below) => below),
  })
  platform.background('rates', async (signal) => {
    for (;;) {
      await pause(share_every_ms, signal)
      await shared.share()
    }
  })

  const staleRevocations = metrics.counter(
    'gateway_revocation_failures_total',
    'Times that the list of revoked tokens could not be renewed',
  )
  const revoked = revocations(platform, {
    every_ms: revokedEvery_ms,
    good_for_ms: login_ended_after_ms,
    onFailure: () => staleRevocations.inc(),
  })
  platform.background('revocations', (signal) => revoked.follow(signal))

  await platform.http.register(
    publicDoor({
      operations: withPlaces(
        operations(platform.call, signing_master),
        platform.part('gateway.take-costly-place', costlyPlaces(costlyLimits, shared)),
      ),
      region: platform.config.region,
      holders: holders({
        verify: platform.part('gateway.verify-token', tokenVerifier(platform)),
        signing_master,
        clock,
        kept_max: 10_000,
      }),
      assertKept: platform.part('gateway.assert-kept', assertKept),
      verifySignature: platform.part('gateway.verify-signature', verifySignature),
      admits: platform.part('gateway.admits', (role, admitted) => admitted.includes(role)),
      revocations: { has: platform.part('gateway.is-revoked', (jti) => revoked.has(jti)) },
      nonces: noncesOf(platform),
      rates: shared,
      clock,
      limits,
      takesPlace: platform.part('gateway.takes-place', (moment) => moment === 'request'),
      onRefusal: (code) => refusals.inc({ code }),
      onInternalError: (error) => log.error({ err: error }, 'a public request failed'),
    }),
  )
}

/** Ready when nothing that can be sent again is unknown to this gateway. */
function noncesOf(platform: Platform): Nonces {
  const fallbacks = platform.metrics.counter('gateway_nonce_fallbacks_total', 'Nonces checked without Redis')
  const claims = nonces({
    store: { setIfAbsent: platform.part('gateway.claim-in-store', redisNonces(platform.redis()).setIfAbsent) },
    claimElsewhere: platform.part('gateway.claim-elsewhere', async (body) => {
      const deadline_ms = platform.clock.monotonic_ms() + elsewhere_ms
      return (await platform.call('identity.claim_nonce', { body, deadline_ms })).first
    }),
    knows: platform.part('gateway.knows-nonce', (remembered) => remembered),
    clock: platform.clock,
    ttl_ms: 2 * skewMost_ms + 10_000,
    remembered_max: 200_000,
    onFallback: () => fallbacks.inc(),
  })
  platform.background('nonces', async (signal) => {
    for (;;) {
      await pause(settle_every_ms, signal)
      await claims.settle()
    }
  })
  platform.readiness('nonces', () => claims.complete())
  return claims
}

/** ioredis says so of a command that has had no answer for `commandTimeout`. */
const timed_out = 'Command timed out'

/** In two commands, the second for a replay alone: SET … NX GET in one needs Redis 7. */
export const redisNonces = (redis: Redis): NonceStore => ({
  setIfAbsent: async (key, value, ttl_ms) => {
    try {
      const done = await redis.set(key, value, 'PX', ttl_ms, 'NX')
      // `??`: what refused the value a moment ago may have expired since; refused is refused.
      return done === 'OK' ? null : ((await redis.get(key)) ?? '')
    } catch (error) {
      throw error instanceof Error && error.message === timed_out ? new StoreLate(timed_out, { cause: error }) : error
    }
  },
})

export const redisRates = (redis: Redis): RateStore => ({
  add: async (counts, ttl_ms) => {
    const pipeline = redis.pipeline()
    for (const { key, by } of counts) pipeline.incrby(key, by).pexpire(key, ttl_ms)
    const answers = (await pipeline.exec()) ?? []
    const failed = answers.find(([error]) => error !== null)
    if (failed !== undefined) throw failed[0]!
    return answers.filter((_, index) => index % 2 === 0).map(([, total]) => Number(total))
  },
})
