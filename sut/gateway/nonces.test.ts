import { describe, expect, test } from 'vitest'
import { nonces, type NonceStore } from './nonces.ts'

const steppedClock = () => {
  const clock = { now_ms: 1_000, wall_ms: () => clock.now_ms, monotonic_ms: () => clock.now_ms }
  return clock
}

/** A store that keeps what it is told, and can go away. */
const memoryStore = () => {
  const kept = new Map<string, string>()
  const store: NonceStore & { away: boolean; asked: number } = {
    away: false,
    asked: 0,
    setIfAbsent: async (key, value) => {
      store.asked++
      if (store.away) throw new Error('connection refused')
      const found = kept.get(key) ?? null
      if (found === null) kept.set(key, value)
      return found
    },
  }
  return store
}

const setUp = (remembered_max = 100) => {
  const clock = steppedClock()
  const store = memoryStore()
  const fallbacks: unknown[] = []
  const guard = nonces({
    store,
    clock,
    ttl_ms: 70_000,
    remembered_max,
    retry_store_after_ms: 500,
    onFallback: (error) => fallbacks.push(error),
  })
  return { clock, store, fallbacks, guard }
}

describe('nonces', () => {
  test('are taken once per token', async () => {
    const { guard } = setUp()
    expect(await guard.claim('token-1', 'nonce-a')).toBe(true)
    expect(await guard.claim('token-1', 'nonce-a')).toBe(false)
    expect(await guard.claim('token-2', 'nonce-a')).toBe(true)
  })

  test('are remembered in the process while the store is away, without asking it each time', async () => {
    const { guard, store, fallbacks, clock } = setUp()
    store.away = true
    expect(await guard.claim('t', 'nonce-a')).toBe(true)
    expect(await guard.claim('t', 'nonce-a')).toBe(false)
    expect(await guard.claim('t', 'nonce-b')).toBe(true)
    expect(store.asked).toBe(1)
    expect(fallbacks).toHaveLength(2)

    store.away = false
    clock.now_ms += 500
    expect(await guard.claim('t', 'nonce-b')).toBe(false)
    expect(await guard.claim('t', 'nonce-c')).toBe(true)
    expect(store.asked).toBe(2)
  })

  test('that are remembered are bounded in number and in time', async () => {
    const { guard, store, clock } = setUp(3)
    store.away = true
    for (const nonce of ['a', 'b', 'c', 'd']) expect(await guard.claim('t', nonce)).toBe(true)
    expect(await guard.claim('t', 'd')).toBe(false)
    expect(await guard.claim('t', 'a')).toBe(true)
    clock.now_ms += 70_001
    expect(await guard.claim('t', 'd')).toBe(true)
  })

  test('sent twice by a connection that was repaired are not a replay', async () => {
    const { guard, store } = setUp()
    const once = store.setIfAbsent.bind(store)
    store.setIfAbsent = async (...sent) => {
      await once(...sent)
      return once(...sent)
    }
    expect(await guard.claim('t', 'nonce-a')).toBe(true)
  })
})
