import type { Platform } from '#sut/platform/platform.ts'
import { signToken } from '#sut/platform/identity.ts'
import { accounts } from './accounts.ts'
import { outboxLines } from './dump.ts'
import { publicKeys } from './keys.ts'
import { passwords } from './passwords.ts'
import { playerStore } from './players.ts'

/** Two at once: a login burst may not take more than two cores. */
const hashing = { at_once: 2, waiting_max: 300 }

/** Needs the database and the secret `token_key`, the same in every instance, so that any of them knows a token. */
export async function wireIdentity(platform: Platform): Promise<void> {
  const token_key = platform.config.secrets['token_key']
  if (token_key === undefined) throw new Error('identity needs the secret token_key')
  const keys = publicKeys(token_key)
  const database = platform.database()
  const hasher = await passwords(hashing)
  const { register, login } = accounts({
    players: playerStore(database),
    passwords: hasher,
    clock: platform.clock,
    sign: (player_id, expires_in_s, now_ms) =>
      signToken(token_key, { player_id, role: 'player' }, expires_in_s, now_ms),
  })

  platform.outbox(database)
  platform.dump('outbox', () => outboxLines(database))
  platform.serve('identity.register', ({ body }) => register(body))
  platform.serve('identity.login', ({ body }) => login(body))
  platform.serve('identity.keys', async () => keys)
}
