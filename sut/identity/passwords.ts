import { hash, verify } from '@node-rs/argon2'

// argon2id with 7 MiB, 5 passes, 1 lane: one of the settings of equal strength that OWASP's password storage cheat sheet
// names; the one with the least memory, since all instances share one machine. 8 ms on an idle core, 10 to 20 ms under load.
// The work is done on threads of its own, not on the event loop. How much of it is done: hashing.ts.
const parameters = { memoryCost: 7_168, timeCost: 5, parallelism: 1 } as const

export interface Passwords {
  hash: (password: string) => Promise<string>
  /** Without a hash (no such player) it takes as long as with one, and is false. */
  verify: (password_hash: string | undefined, password: string) => Promise<boolean>
}

/** `onHash`: each time that one is computed. */
export async function passwords(onHash: () => void = () => {}): Promise<Passwords> {
  const nobody = await hash('a password that nobody has', parameters)
  return {
    hash: (password) => {
      onHash()
      return hash(password, parameters)
    },
    verify: async (password_hash, password) => {
      onHash()
      return (await verify(password_hash ?? nobody, password)) && password_hash !== undefined
    },
  }
}
