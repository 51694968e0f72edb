import type { Load, StartLoad } from './load.ts'
import type { Did, MemoryWorld } from './memory-target.ts'

/** Arrivals every millisecond, of which the share fails that the world says. */
export async function memoryLoad(
  world: MemoryWorld,
  existing: Set<string>,
  did: Did,
  { operation, duration_s, signal }: Parameters<StartLoad>[0],
): Promise<Load> {
  await did('load')
  signal.throwIfAborted()
  existing.add('load')
  const started_at_ms = performance.timeOrigin + performance.now()
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  // timer: the length of the load
  const end = setTimeout(resolve, duration_s * 1000) // timer: the length of the load
  let count = 0
  const arrivals = setInterval(() => {
    const ended_ms = performance.timeOrigin + performance.now()
    if (world.failing_share === null) return
    const failed = (count++ * 37) % 100 < world.failing_share * 100
    operation({ planned_ms: ended_ms - 1, ended_ms, outcome: failed ? 'fail' : 'ok' })
  }, 1)
  const halt = (): void => {
    clearTimeout(end)
    clearInterval(arrivals)
    resolve()
    existing.delete('load')
  }
  return {
    schedule: [{ duration_s, from_per_s: 1000, to_per_s: 1000 }],
    warm_up_s: 0,
    started_at_ms,
    ended,
    stop: async () => {
      await did('stop load')
      halt()
    },
    [Symbol.asyncDispose]: async () => halt(),
  }
}
