import type { Random } from '#lib/random.ts'

// Which instance gets the next call.
//
//   own region, not ejected  →  other region, not ejected  →  any (all are ejected: better a try than a refusal)
//        of these the one with fewer calls under way among two drawn at random

export interface Candidate {
  readonly key: string
  readonly region: string
}

export interface Balancer {
  /** None when there are no candidates, or all of them are in `without`. */
  choose<C extends Candidate>(candidates: readonly C[], without: ReadonlySet<string>, now_ms: number): C | undefined
  begin(key: string): void
  /** `healthy`: the instance answered, whatever it said. True when this failure has just ejected it. */
  end(key: string, healthy: boolean, now_ms: number): boolean
}

interface Health {
  under_way: number
  failures: number
  ejections: number
  ejected_until_ms: number
}

const failures_to_eject = 3
const ejection_ms = { first: 1000, most: 10_000 }
const most_keys = 200

export function balancer(region: string, random: Random): Balancer {
  const all = new Map<string, Health>()
  const healthOf = (key: string): Health => {
    let health = all.get(key)
    if (health === undefined) {
      if (all.size >= most_keys) all.delete(all.keys().next().value!)
      health = { under_way: 0, failures: 0, ejections: 0, ejected_until_ms: 0 }
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
    choose: (candidates, without, now_ms) => {
      const possible = candidates.filter(({ key }) => !without.has(key))
      const well = possible.filter(({ key }) => healthOf(key).ejected_until_ms <= now_ms)
      const near = well.filter((candidate) => candidate.region === region)
      return lessBusy(near) ?? lessBusy(well) ?? lessBusy(possible)
    },
    begin: (key) => void healthOf(key).under_way++,
    end: (key, healthy, now_ms) => {
      const health = healthOf(key)
      health.under_way--
      if (healthy) {
        health.failures = 0
        health.ejections = 0
        return false
      }
      // After an ejection one failed probe is enough to be ejected again, for twice the time.
      const ejected_before = health.ejections > 0
      if (++health.failures < (ejected_before ? 1 : failures_to_eject) || health.ejected_until_ms > now_ms) return false
      health.failures = 0
      health.ejected_until_ms = now_ms + Math.min(ejection_ms.first * 2 ** health.ejections, ejection_ms.most)
      health.ejections++
      return true
    },
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
