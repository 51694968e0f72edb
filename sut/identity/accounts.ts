import type { Clock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import type { Credentials } from '#sut/contracts/api.ts'
import type { Login } from '#sut/contracts/bodies.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Attempts } from './attempts.ts'
import type { Logins } from './logins.ts'
import type { Passwords } from './passwords.ts'
import type { PlayerStore } from './players.ts'

export interface AccountsOptions {
  players: PlayerStore
  passwords: Passwords
  attempts: Attempts
  logins: Pick<Logins, 'begin'>
  clock: Clock
}

/** Registration and login. */
export function accounts({ players, passwords, attempts, logins, clock }: AccountsOptions) {
  return {
    /** Throws Problem name_taken, too_many_requests. */
    register: async ({ name, password }: Credentials): Promise<{ player_id: string }> => {
      // Asked before, to save the hash, and held by the index, since somebody may be faster.
      if (await players.nameTaken(name)) throw new Problem('name_taken', `the name ${name} is taken`)
      const player_id = newId()
      const password_hash = await passwords.hash(password)
      await players.insert({ player_id, name, password_hash, at_ms: clock.wall_ms() })
      return { player_id }
    },

    /**
     * Throws Problem unauthenticated, the same for a wrong name and a wrong password; too_many_requests for a locked name;
     * account_suspended.
     */
    login: async ({ name, password }: Credentials): Promise<Login> => {
      const failed_before = await attempts.assertOpen(name)
      const player = await players.byName(name)
      const right = await passwords.verify(player?.password_hash, password)
      if (player === undefined || !right) {
        await attempts.failed(name, player?.player_id)
        throw new Problem('unauthenticated', 'name or password is wrong')
      }
      if (failed_before) await attempts.forget(name)
      return await logins.begin(player.player_id)
    },
  }
}
