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
  attempts: Pick<Attempts, 'take'>
  /** Whether this is the generated secret of an account of the staff: nobody guesses one, so no lock of the name is for it. */
  isStaffSecret: (name: string, password: string) => boolean
  logins: Pick<Logins, 'begin'>
  clock: Clock
}

const no_guess: Awaited<ReturnType<Attempts['take']>> = {
  wrong: async () => {},
  right: async () => {},
  untried: async () => {},
}

/** Registration and login. */
export function accounts({ players, passwords, attempts, isStaffSecret, logins, clock }: AccountsOptions) {
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
     * account_suspended. `address`: where it comes from.
     */
    login: async ({ name, password }: Credentials, address: string): Promise<Login> => {
      const guess = isStaffSecret(name, password) ? no_guess : await attempts.take(name, address)
      const looked = async () => {
        const player = await players.byName(name)
        return { player, right: await passwords.verify(player?.password_hash, password) }
      }
      const { player, right } = await looked().catch(async (error: unknown) => {
        await guess.untried()
        throw error
      })
      if (player === undefined || !right) {
        await guess.wrong(player?.player_id)
        throw new Problem('unauthenticated', 'name or password is wrong')
      }
      await guess.right()
      return await logins.begin(player.player_id)
    },
  }
}
