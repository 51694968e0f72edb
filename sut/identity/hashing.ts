import { Problem } from '#sut/contracts/problems.ts'

// The bound on the hashing of an instance, whoever asks: so many at once, a short queue, and of one network a part of both. What has no
// place is refused at once; a long queue would only keep places of the gateway until their deadline.
export interface HashingLimits {
  at_once: number
  waiting_max: number
  /** Computed and waiting of one network. */
  of_one_network_max: number
}

export interface Hashing {
  /** Throws Problem too_many_requests: of this network; unavailable: of all. */
  run<T>(network: string, work: () => Promise<T>): Promise<T>
  waiting(): number
}

export function hashing({ at_once, waiting_max, of_one_network_max }: HashingLimits): Hashing {
  const queue: (() => void)[] = []
  const byNetwork = new Map<string, number>() // as many entries as there are places, at most
  let running = 0
  const place = async (): Promise<void> => {
    if (running < at_once) {
      running++
      return
    }
    // Whoever ends hands its place over, so `running` does not change.
    await new Promise<void>((resolve) => queue.push(resolve))
  }
  const leave = (network: string): void => {
    const others = (byNetwork.get(network) ?? 1) - 1
    if (others === 0) byNetwork.delete(network)
    else byNetwork.set(network, others)
    const next = queue.shift()
    if (next === undefined) running--
    else next()
  }
  return {
    waiting: () => queue.length,
    async run(network, work) {
      const own = byNetwork.get(network) ?? 0
      if (own >= of_one_network_max) throw new Problem('too_many_requests', 'too many logins at once: try again')
      if (running >= at_once && queue.length >= waiting_max)
        throw new Problem('unavailable', 'too many logins at once: try again')
      byNetwork.set(network, own + 1)
      await place()
      try {
        return await work()
      } finally {
        leave(network)
      }
    },
  }
}
