import type { Clock } from '#lib/clock.ts'
import { Problem } from '#sut/contracts/problems.ts'

export interface UnfinishedLimits {
  /** From the headers to the end of the body. */
  body_ms: number
  /** Bodies that have not arrived: of one address, and in all. */
  unfinished_address_max: number
  unfinished_max: number
}

export interface Unfinished {
  /** A request whose body is still to come; returns what is to be called when it has arrived or its client has gone. */
  begin(address: string, refuse: (problem: Problem) => void): () => void
}

interface Waiting {
  address: string
  refuse: (problem: Problem) => void
  timer: NodeJS.Timeout
}

/**
 * Requests whose bodies have not arrived. Where there are too many, it is the one that has waited longest that is refused, not the one
 * that comes: an honest body arrives within milliseconds, so that it gets through however many others never end, from the same address
 * or from many.
 */
export function unfinished(
  { body_ms, unfinished_address_max, unfinished_max }: UnfinishedLimits,
  clock: Pick<Clock, 'monotonic_ms'>,
): Unfinished {
  // In the order in which they came.
  const all = new Set<Waiting>()
  const byAddress = new Map<string, Set<Waiting>>()

  const remove = (waiting: Waiting): void => {
    clearTimeout(waiting.timer)
    if (!all.delete(waiting)) return
    const same = byAddress.get(waiting.address)!
    same.delete(waiting)
    if (same.size === 0) byAddress.delete(waiting.address)
  }
  const giveUp = (waiting: Waiting | undefined, problem: Problem): void => {
    if (waiting === undefined) return
    remove(waiting)
    waiting.refuse(problem)
  }

  return {
    begin(address, refuse) {
      const [first] = byAddress.get(address) ?? []
      if ((byAddress.get(address)?.size ?? 0) >= unfinished_address_max)
        giveUp(first, new Problem('too_many_requests', 'too many requests of this address have not ended'))
      const [oldest] = all
      if (all.size >= unfinished_max)
        giveUp(oldest, new Problem('unavailable', 'too many requests have not ended: try again'))
      const late = new Problem('request_timeout', `the body did not arrive within ${body_ms} ms`)
      const begun_ms = clock.monotonic_ms()
      const look = (): void => {
        const left_ms = begun_ms + body_ms - clock.monotonic_ms()
        // A process that was busy fires timers early, counted from when it was last idle, and before it reads what has arrived since.
        if (left_ms > 0) waiting.timer = timer(left_ms)
        else setImmediate(() => all.has(waiting) && giveUp(waiting, late))
      }
      // timer: the deadline of the body
      const timer = (ms: number): NodeJS.Timeout => setTimeout(look, ms).unref()
      const waiting: Waiting = { address, refuse, timer: timer(body_ms) }
      all.add(waiting)
      const same = byAddress.get(address) ?? new Set()
      byAddress.set(address, same.add(waiting))
      return () => remove(waiting)
    },
  }
}
