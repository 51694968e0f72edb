import type { Random } from '#lib/random.ts'

// Which instance gets the next call.
//
//   own region, not ejected  →  other region, not ejected  →  any (all are ejected: better a try than a refusal)
//        of these the one with fewer calls under way among two drawn at random
//
// An ejected instance comes back when it answers: a probe, or a call that had nowhere else to go. So no player's request has
// to find out that a dead instance is still dead.

export interface Candidate {
  readonly key: string
  readonly region: string
}

export interface Balancer {
  /** None when there are no candidates, or all of them are in `without`. */
  choose<C extends Candidate>(candidates: readonly C[], without: ReadonlySet<string>): C | undefined
  begin(key: string): void
  /** `healthy`: the instance was heard, whatever it said. True when this failure has just ejected it. */
  end(key: string, healthy: boolean): boolean
  /** Ends an ejection. */
  admit(key: string): void
  ejected(key: string): boolean
}

interface Health {
  under_way: number
  failures: number
  ejected: boolean
}

const failures_to_eject = 3
const most_keys = 200

export function balancer(region: string, random: Random): Balancer {
  const all = new Map<string, Health>()
  const healthOf = (key: string): Health => {
    let health = all.get(key)
    if (health === undefined) {
      if (all.size >= most_keys) all.delete(all.keys().next().value!)
      health = { under_way: 0, failures: 0, ejected: false }
      all.set(key, health)
    }
    return health
  }

  const lessBusy = <C extends Candidate>(candidates: readonly C[]): C | undefined => {
    if (candidates.length < 2) return candidates[0]
    const [one, other] = random.sample(candidates, 2) as [C, C]
    return healthOf(one.key).under_way <= healthOf(other.key).under_way ? one : other
  }

  return {
    choose: (candidates, without) => {
      const possible = candidates.filter(({ key }) => !without.has(key))
      const well = possible.filter(({ key }) => !healthOf(key).ejected)
      const near = well.filter((candidate) => candidate.region === region)
      return lessBusy(near) ?? lessBusy(well) ?? lessBusy(possible)
    },
    begin: (key) => void healthOf(key).under_way++,
    end: (key, healthy) => {
      const health = healthOf(key)
      health.under_way--
      if (healthy) {
        health.failures = 0
        health.ejected = false
        return false
      }
      if (++health.failures < failures_to_eject || health.ejected) return false
      health.ejected = true
      return true
    },
    admit: (key) => {
      const health = healthOf(key)
      health.failures = 0
      health.ejected = false
    },
    ejected: (key) => healthOf(key).ejected,
  }
}

/**
 * Retries that are allowed: a tenth of the calls, and three a second at least, so that retries cannot multiply the load of a
 * system that is already failing. A bucket of at most ten seconds' worth.
 */
export function retryBudget(now_ms: number): { call(): void; retry(now_ms: number): boolean } {
  const share = 0.1
  const least_per_s = 3
  const most = 30
  let tokens = most
  let last_ms = now_ms
  return {
    call: () => void (tokens = Math.min(tokens + share, most)),
    retry: (at_ms) => {
      tokens = Math.min(tokens + ((at_ms - last_ms) / 1000) * least_per_s, most)
      last_ms = at_ms
      if (tokens < 1) return false
      tokens--
      return true
    },
  }
}
