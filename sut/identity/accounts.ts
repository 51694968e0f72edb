import type { Clock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import type { Credentials } from '#sut/contracts/api.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Passwords } from './passwords.ts'
import type { PlayerStore } from './players.ts'

export const tokenLife_s = 15 * 60

export interface AccountsOptions {
  players: PlayerStore
  passwords: Passwords
  clock: Clock
  sign: (player_id: string, expires_in_s: number, now_ms: number) => Promise<string>
}

/** Registration and login. */
export function accounts({ players, passwords, clock, sign }: AccountsOptions) {
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

    /** Throws Problem unauthenticated, the same for a wrong name and a wrong password. */
    login: async ({ name, password }: Credentials) => {
      const player = await players.byName(name)
      const right = await passwords.verify(player?.password_hash, password)
      if (player === undefined || !right) throw new Problem('unauthenticated', 'name or password is wrong')
      const { player_id } = player
      const token = await sign(player_id, tokenLife_s, clock.wall_ms())
      return { player_id, token, expires_in_s: tokenLife_s }
    },
  }
}
