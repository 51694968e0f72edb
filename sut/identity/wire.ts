import { pause } from '#lib/wait.ts'
import type { Platform } from '#sut/platform/platform.ts'
import { signToken } from '#sut/platform/identity.ts'
import { accounts } from './accounts.ts'
import { attemptLimits, attempts } from './attempts.ts'
import { outboxLines } from './dump.ts'
import { publicKeys } from './keys.ts'
import { logins } from './logins.ts'
import { operators } from './operators.ts'
import { passwords } from './passwords.ts'
import { playerStore } from './players.ts'
import { ensureStaff } from './staff.ts'

/** Two at once: a login burst may not take more than two cores. */
const hashing = { at_once: 2, waiting_max: 300 }
const cleanUpEvery_ms = 10 * 60_000

/**
 * Needs the database and the secrets `token_key`, the same in every instance, so that any of them knows a token,
 * `operator_password` and `auditor_password`.
 */
export async function wireIdentity(platform: Platform): Promise<void> {
  const token_key = platform.config.secrets['token_key']
  if (token_key === undefined) throw new Error('identity needs the secret token_key')
  const keys = publicKeys(token_key)
  const database = platform.database()
  const hasher = await passwords(hashing)
  const { clock } = platform
  const sessions = logins({
    database,
    sign: (claims, expires_in_s) => signToken(token_key, claims, expires_in_s, clock.wall_ms()),
    clock,
  })
  const tries = attempts(database, attemptLimits, clock)
  const players = playerStore(database)
  await ensureStaff(players, hasher, platform.config.secrets)
  const { suspend, reinstate } = operators({ database, clock })
  const { register, login } = accounts({
    players,
    passwords: hasher,
    attempts: tries,
    logins: sessions,
    clock,
  })

  platform.outbox(database)
  platform.dump('outbox', () => outboxLines(database))
  platform.serve('identity.register', ({ body }) => register(body))
  platform.serve('identity.login', ({ body }) => login(body))
  platform.serve('identity.refresh', ({ body }) => sessions.refresh(body.refresh_token))
  platform.serve('identity.logout', async ({ body }) => {
    await sessions.end(body.jti)
    return { logged_out: true }
  })
  platform.serve('identity.suspend', ({ params, body }) => suspend({ player_id: params['id']!, ...body }))
  platform.serve('identity.reinstate', ({ params, body }) => reinstate({ player_id: params['id']!, ...body }))
  platform.serve('identity.revoked', async () => ({ jtis: await sessions.revoked() }))
  platform.serve('identity.keys', async () => keys)
  platform.background('clean-up', async (signal) => {
    for (;;) {
      await pause(cleanUpEvery_ms, signal)
      await Promise.all([sessions.removeOld(), tries.removeOld()])
    }
  })
}
