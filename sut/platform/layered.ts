import type { Redis } from 'ioredis'
import type { Clock } from '#lib/clock.ts'
import type { Layered, LayeredOptions } from './cache.ts'

/** Keys in one process; the oldest leaves first. */
const most_keys = 10_000

export interface LayeredPorts {
  /** None: two layers only. */
  redis?: Pick<Redis, 'get' | 'set' | 'del'> | undefined
  clock: Clock
  /** Counts one look-up by the layer that answered. */
  count: (layer: 'memory' | 'shared' | 'source') => void
}

/**
 *   get ─► memory (memory_ms) ─► Redis (shared_ms) ─► load
 *
 * Staleness is bounded by memory_ms + shared_ms. One look-up a key at a time in a process (single flight): a key that
 * expires under load asks the source once, not once a request. Redis away: asks the source.
 */
export function layeredCache<T>(options: LayeredOptions<T>, { redis, clock, count }: LayeredPorts): Layered<T> {
  const memory = new Map<string, { value: T; until_ms: number }>()
  const flights = new Map<string, Promise<T>>()
  const sharedKey = (key: string): string => `cache:${options.name}:${key}`

  const keep = (key: string, value: T): T => {
    memory.delete(key)
    memory.set(key, { value, until_ms: clock.monotonic_ms() + options.memory_ms })
    if (memory.size > most_keys) memory.delete(memory.keys().next().value!)
    return value
  }

  const lookUp = async (key: string): Promise<T> => {
    const shared = await redis?.get(sharedKey(key)).catch(() => null)
    if (shared !== undefined && shared !== null) {
      count('shared')
      return keep(key, JSON.parse(shared) as T)
    }
    const value = await options.load(key)
    count('source')
    void redis?.set(sharedKey(key), JSON.stringify(value), 'PX', options.shared_ms).catch(() => {})
    return keep(key, value)
  }

  return {
    get: (key) => {
      const known = memory.get(key)
      if (known !== undefined && known.until_ms > clock.monotonic_ms()) {
        count('memory')
        return Promise.resolve(known.value)
      }
      const flying = flights.get(key)
      if (flying !== undefined) return flying
      const flight = lookUp(key).finally(() => flights.delete(key))
      flights.set(key, flight)
      return flight
    },
    forget: async (key) => {
      memory.delete(key)
      await redis?.del(sharedKey(key)).catch(() => 0)
    },
  }
}
