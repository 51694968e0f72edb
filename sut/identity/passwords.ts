import { hash, verify } from '@node-rs/argon2'
import { Problem } from '#sut/contracts/problems.ts'

// argon2id with 7 MiB, 5 passes, 1 lane: one of the settings of equal strength that OWASP's password storage cheat sheet
// names; the one with the least memory, since all instances share one machine. 8 ms on an idle core, 10 to 20 ms under load.
// The work is done on threads of its own, not on the event loop.
const parameters = { memoryCost: 7_168, timeCost: 5, parallelism: 1 } as const

export interface Passwords {
  hash: (password: string) => Promise<string>
  /** Without a hash (no such player) it takes as long as with one, and is false. */
  verify: (password_hash: string | undefined, password: string) => Promise<boolean>
  waiting: () => number
}

/** At most `at_once` hashes are computed and `waiting_max` wait; beyond that: Problem too_many_requests. */
export async function passwords(options: { at_once: number; waiting_max: number }): Promise<Passwords> {
  const limited = limit(options)
  const nobody = await hash('a password that nobody has', parameters)
  return {
    hash: (password) => limited.run(() => hash(password, parameters)),
    verify: (password_hash, password) =>
      limited.run(async () => (await verify(password_hash ?? nobody, password)) && password_hash !== undefined),
    waiting: limited.waiting,
  }
}

function limit({ at_once, waiting_max }: { at_once: number; waiting_max: number }) {
  const queue: (() => void)[] = []
  let running = 0
  return {
    waiting: () => queue.length,
    run: async <T>(work: () => Promise<T>): Promise<T> => {
      if (running < at_once) running++
      else {
        if (queue.length >= waiting_max) throw new Problem('too_many_requests', 'too many logins at once: try again')
        // Whoever ends hands its place over, so `running` does not change.
        await new Promise<void>((resolve) => queue.push(resolve))
      }
      try {
        return await work()
      } finally {
        const next = queue.shift()
        if (next === undefined) running--
        else next()
      }
    },
  }
}
