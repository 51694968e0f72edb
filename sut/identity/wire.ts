import { pause } from '#lib/wait.ts'
import type { Platform } from '#sut/platform/platform.ts'
import { signToken } from '#sut/platform/identity.ts'
import { accounts } from './accounts.ts'
import { attemptLimits, attempts } from './attempts.ts'
import { budget } from '#sut/platform/budget.ts'
import { outboxLines } from './dump.ts'
import { hashing } from './hashing.ts'
import { logins } from './logins.ts'
import { nonceClaims } from './nonces.ts'
import { operators } from './operators.ts'
import { passwords } from './passwords.ts'
import { playerStore } from './players.ts'
import { ensureStaff, staffSecrets } from './staff.ts'
import { rotation, tokenKeys } from './token-keys.ts'

/** One at once: a burst of logins takes no more than a core. In the queue a hash waits for a third of a second at most. */
const hashingLimits = { at_once: 1, waiting_max: 16, of_one_network_max: 9 }
/**
 * Wrong passwords of one network, by this instance. Behind a network may be many persons: who has been in from there before needs none of
 * it. All instances together keep to `guesses_looked_at`.
 */
const failureLimits = { burst: 10, per_s: 0.5, remembered_max: 50_000 }
const cleanUpEvery_ms = 10 * 60_000
const renewKeysEvery_ms = 10_000

/**
 * Needs the database and the secrets `token_seal`, the same in every instance (what it seals is the keys that sign tokens),
 * `operator_password` and `auditor_password`.
 */
export async function wireIdentity(platform: Platform): Promise<void> {
  const token_seal = platform.config.secrets['token_seal']
  if (token_seal === undefined) throw new Error('identity needs the secret token_seal')
  const database = platform.database()
  const keys = tokenKeys(database, token_seal, rotation)
  const { clock, metrics } = platform
  const hashes = metrics.counter('identity_password_hashes_total', 'Passwords that were hashed, at 10 ms each')
  const hasher = await passwords(() => hashes.inc())
  const sessions = logins({
    database,
    sign: async (claims, expires_in_s) => signToken(await keys.signing(), claims, expires_in_s, clock.wall_ms()),
    clock,
  })
  const tries = attempts(database, attemptLimits, clock)
  const players = playerStore(database)
  const claims = nonceClaims(database)
  await ensureStaff(players, hasher, platform.config.secrets)
  const { suspend, reinstate } = operators({ database, clock })
  const suspendPlayer = platform.part('identity.suspend', suspend)
  const { register, login } = accounts({
    players,
    passwords: { ...hasher, verify: platform.part('identity.is-password', hasher.verify) },
    hashing: hashing(platform.part('identity.hashing-limits', hashingLimits)),
    failures: { take: platform.part('identity.charge-failure', budget(failureLimits, clock).take) },
    attempts: tries,
    isStaffSecret: staffSecrets(platform.config.secrets),
    logins: sessions,
    clock,
  })

  platform.outbox(database)
  platform.dump('outbox', () => outboxLines(database))
  platform.serve('identity.register', ({ body: { address, ...credentials } }) => register(credentials, address))
  platform.serve('identity.login', ({ body: { address, ...credentials } }) => login(credentials, address))
  platform.serve('identity.refresh', ({ body }) => refresh(body.refresh_token))
  const refresh = platform.part('identity.refresh', (refresh_token) => sessions.refresh(refresh_token))
  const endLogin = platform.part('identity.end-login', (jti) => sessions.end(jti))
  platform.serve('identity.logout', async ({ body }) => {
    await endLogin(body.jti)
    return { logged_out: true }
  })
  platform.serve('identity.suspend', ({ params, body }) => suspendPlayer({ player_id: params['id']!, ...body }))
  platform.serve('identity.reinstate', ({ params, body }) => reinstate({ player_id: params['id']!, ...body }))
  platform.serve('identity.revoked', async () => ({ jtis: await sessions.revoked() }))
  platform.serve('identity.claim_nonce', async ({ body }) => ({ first: await claims.claim(body) }))
  platform.serve('identity.keys', () => keys.published())
  platform.operation('POST', '/token-keys/rotate', async () => {
    await keys.rotate()
    platform.log.info({ lead_s: rotation.lead_s }, 'the next key for tokens is made')
    return { signs_in_s: rotation.lead_s }
  })
  platform.background('token-keys', async (signal) => {
    for (;;) {
      await pause(renewKeysEvery_ms, signal)
      await keys.renew()
    }
  })
  platform.background('clean-up', async (signal) => {
    for (;;) {
      await pause(cleanUpEvery_ms, signal)
      await Promise.all([sessions.removeOld(), tries.removeOld(), claims.removeOld()])
    }
  })
}
