import { describe, expect, test } from 'vitest'
import { nonces, type NonceStore, StoreLate } from './nonces.ts'

const steppedClock = () => {
  const clock = { now_ms: 1_000, wall_ms: () => clock.now_ms, monotonic_ms: () => clock.now_ms }
  return clock
}

/** A store that keeps what it is told, and can go away. */
const memoryStore = () => {
  const kept = new Map<string, string>()
  const store: NonceStore & { away: boolean; late: number; asked: number; kept: Map<string, string> } = {
    away: false,
    late: 0,
    asked: 0,
    kept,
    setIfAbsent: async (key, value) => {
      store.asked++
      if (store.away) throw new Error('connection refused')
      if (store.late > 0) {
        store.late--
        throw new StoreLate()
      }
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
  const another = () => {
    const made = nonces({
      store,
      clock,
      ttl_ms: 70_000,
      remembered_max,
      retry_store_after_ms: 500,
      onFallback: (error) => fallbacks.push(error),
    })
    return {
      claim: async (jti: string, nonce: string) => (await made.claim(jti, nonce)) !== 'again',
      complete: () => made.complete(),
    }
  }
  return { clock, store, fallbacks, guard: another(), another }
}

describe('nonces', () => {
  test('are taken once per token', async () => {
    const { guard } = setUp()
    expect(await guard.claim('token-1', 'nonce-a')).toBe(true)
    expect(await guard.claim('token-1', 'nonce-a')).toBe(false)
    expect(await guard.claim('token-2', 'nonce-a')).toBe(true)
  })

  test('are asked for again while the store is late, which is not away: no other gateway takes them a second time', async () => {
    const { guard, another, store, fallbacks } = setUp()
    store.late = 2
    expect(await guard.claim('t', 'nonce-a')).toBe(true)
    expect(await another().claim('t', 'nonce-a')).toBe(false)
    expect(fallbacks).toEqual([])
  })

  test('are not waited for while the store does not answer at all', async () => {
    const { guard, store, clock } = setUp()
    store.late = Infinity
    expect(await guard.claim('t', 'nonce-a')).toBe(true)
    expect(store.asked).toBe(4)
    clock.now_ms += 600
    expect(await guard.claim('t', 'nonce-b')).toBe(true)
    expect(store.asked).toBe(5)
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
    expect(store.asked).toBe(4) // for the new one, and to tell it the two that it has missed
  })

  test('that were taken while the store was there are known when it is away, and when it comes back empty', async () => {
    const { guard, store } = setUp()
    expect(await guard.claim('t', 'nonce-a')).toBe(true)
    store.away = true
    expect(await guard.claim('t', 'nonce-a')).toBe(false)
    store.away = false
    store.kept.clear()
    expect(await guard.claim('t', 'nonce-a')).toBe(false)
  })

  test('may be missing after a start until the store is reached, or until none of them is valid any more', async () => {
    const { store, clock, another } = setUp()
    store.away = true
    const one = another()
    expect(await one.complete()).toBe(false)
    store.away = false
    expect(await one.complete()).toBe(true)
    store.away = true
    const other = another()
    clock.now_ms += 69_999
    expect([await one.complete(), await other.complete()]).toEqual([true, false])
    clock.now_ms += 1
    expect(await other.complete()).toBe(true)
  })

  test('of requests that come twice at the same moment are taken once, wherever the store is', async () => {
    const { guard, store } = setUp()
    const both = () => Promise.all([guard.claim('t', 'nonce-a'), guard.claim('t', 'nonce-a')])
    expect(await both()).toEqual([true, false])
    store.away = true
    const more = await Promise.all([guard.claim('t', 'nonce-b'), guard.claim('t', 'nonce-b')])
    expect(more).toEqual([true, false])
  })

  test('that were taken while the store was away are told to it when it is back: another gateway knows them then', async () => {
    const { guard, store, clock, another } = setUp()
    store.away = true
    expect(await guard.claim('t', 'nonce-a')).toBe(true)
    store.away = false
    clock.now_ms += 500
    expect(await guard.claim('t', 'nonce-b')).toBe(true)
    await expect.poll(() => store.kept.size).toBe(2)
    expect(await another().claim('t', 'nonce-a')).toBe(false)
  })

  test.each([true, false])(
    'are never forgotten while their time runs: a full memory refuses (store away: %s)',
    async (away) => {
      const { guard, store, clock } = setUp(3)
      store.away = away
      for (const nonce of ['a', 'b', 'c']) expect(await guard.claim('t', nonce)).toBe(true)
      await expect(guard.claim('t', 'd')).rejects.toMatchObject({ code: 'unavailable' })
      expect(await guard.claim('t', 'a')).toBe(false)
      clock.now_ms += 70_001
      expect(await guard.claim('t', 'd')).toBe(true)
    },
  )

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
