import type { Clock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import type { Credentials } from '#sut/contracts/api.ts'
import type { Login } from '#sut/contracts/bodies.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Attempts } from './attempts.ts'
import type { Budget, Charge } from '#sut/platform/budget.ts'
import type { Hashing } from './hashing.ts'
import type { Logins } from './logins.ts'
import { networkOf } from './networks.ts'
import type { Passwords } from './passwords.ts'
import type { PlayerStore } from './players.ts'

export interface AccountsOptions {
  players: PlayerStore
  passwords: Passwords
  /** Who may have a password hashed, and when. */
  hashing: Pick<Hashing, 'run'>
  /** Of wrong passwords, by the network that they come from. */
  failures: Pick<Budget, 'take'>
  attempts: Pick<Attempts, 'take' | 'known' | 'registered'>
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

const no_charge: Charge = { giveBack: () => {} }
/** What a guess that was refused by its lock is given back: it cost a look at that lock, and no hash. */
const given_back_by_lock = 0.9

// What costs much is charged before it is done. A login is a hash, 10 ms of a core:
//
//   failures of its network ──► lock of its name (attempts.ts) ──► place for the hash ──► right: the charge is given back
//      └─ used up: for who has been in from there alone, so that nobody locks out his neighbours
/** Registration and login. */
export function accounts(options: AccountsOptions) {
  const { players, passwords, hashing, failures, attempts, isStaffSecret, logins, clock } = options
  const charged = async (name: string, address: string): Promise<Charge> => {
    const charge = failures.take(networkOf(address))
    if (charge !== undefined) return charge
    if (await attempts.known(name, address)) return no_charge
    throw new Problem('too_many_requests', 'too many wrong passwords from this network: wait before the next')
  }
  return {
    /** `address`: where it comes from. Throws Problem name_taken, too_many_requests, unavailable. */
    register: async ({ name, password }: Credentials, address: string): Promise<{ player_id: string }> => {
      // Asked before, to save the hash, and held by the index, since somebody may be faster.
      if (await players.nameTaken(name)) throw new Problem('name_taken', `the name ${name} is taken`)
      const player_id = newId()
      const password_hash = await hashing.run(networkOf(address), () => passwords.hash(password))
      await players.insert({ player_id, name, password_hash, at_ms: clock.wall_ms() })
      // Without it the first login is charged like any other: no reason to refuse who is registered.
      await attempts.registered(name, address).catch(() => {})
      return { player_id }
    },

    /**
     * Throws Problem unauthenticated, the same for a wrong name and a wrong password; too_many_requests for a locked name, or too much
     * of this network; unavailable for too much of all; account_suspended. `address`: where it comes from.
     */
    login: async ({ name, password }: Credentials, address: string): Promise<Login> => {
      const isStaff = isStaffSecret(name, password)
      const charge = isStaff ? no_charge : await charged(name, address)
      const taken = isStaff ? Promise.resolve(no_guess) : attempts.take(name, address)
      const guess = await taken.catch((error: unknown) => {
        charge.giveBack(given_back_by_lock)
        throw error
      })
      const looked = async () => {
        const player = await players.byName(name)
        const verified = () => passwords.verify(player?.password_hash, password)
        return { player, right: await hashing.run(networkOf(address), verified) }
      }
      const { player, right } = await looked().catch(async (error: unknown) => {
        charge.giveBack()
        await guess.untried()
        throw error
      })
      if (player === undefined || !right) {
        await guess.wrong(player?.player_id)
        throw new Problem('unauthenticated', 'name or password is wrong')
      }
      charge.giveBack()
      await guess.right()
      return await logins.begin(player.player_id)
    },
  }
}
