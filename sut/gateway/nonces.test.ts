import { describe, expect, test } from 'vitest'
import { Problem } from '#sut/contracts/problems.ts'
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
  /** Identity. */
  const elsewhere = { claims: new Map<string, string>(), asked: 0, away: false }
  const another = () => {
    const made = nonces({
      store,
      claimElsewhere: async ({ key, claim }) => {
        elsewhere.asked++
        if (elsewhere.away) throw new Problem('unavailable', 'nobody answers')
        if (!elsewhere.claims.has(key)) elsewhere.claims.set(key, claim)
        return elsewhere.claims.get(key) === claim
      },
      clock,
      ttl_ms: 70_000,
      remembered_max,
      onFallback: (error) => fallbacks.push(error),
    })
    return {
      claim: (jti: string, nonce: string, signed_ms = clock.now_ms) => made.claim(jti, nonce, signed_ms),
      complete: () => made.complete(),
      settle: () => made.settle(),
    }
  }
  return { clock, store, elsewhere, fallbacks, guard: another(), another }
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
    const { guard, store } = setUp()
    store.late = Infinity
    expect(await guard.claim('t', 'nonce-a')).toBe(true)
    expect(store.asked).toBe(4)
    expect(await guard.claim('t', 'nonce-b')).toBe(true)
    expect(store.asked).toBe(4)
    await guard.settle()
    expect(store.asked).toBe(5)
  })

  // Was red: the other gateway of the region served what this one had admitted.
  test('are claimed elsewhere while the store is away, for all gateways', async () => {
    const { guard, store, another, elsewhere } = setUp()
    const other = another()
    store.away = true
    expect(await guard.claim('t', 'nonce-a')).toBe(true)
    expect(await guard.claim('t', 'nonce-a')).toBe(false)
    expect(await other.claim('t', 'nonce-a')).toBe(false)
    expect(await other.claim('t', 'nonce-b')).toBe(true)
    expect(await guard.claim('t', 'nonce-b')).toBe(false)
    elsewhere.away = true
    await expect(guard.claim('t', 'nonce-c')).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('of what was signed before the store was lost are not claimed elsewhere, where nobody knows of it', async () => {
    const { guard, store, another, clock } = setUp()
    const other = another()
    const signed_ms = clock.now_ms
    expect(await guard.claim('t', 'nonce-a', signed_ms)).toBe(true)
    store.away = true
    clock.now_ms += 20
    await expect(other.claim('t', 'nonce-a', signed_ms)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await guard.claim('t', 'nonce-a', signed_ms)).toBe(false)
    expect(await other.claim('t', 'nonce-b')).toBe(true)
  })

  test('are claimed in both places after the store is back, until every gateway must have noticed', async () => {
    const { guard, store, another, clock, elsewhere } = setUp()
    const [late, idle] = [another(), another()]
    store.away = true
    for (const each of [guard, late, idle]) await each.settle()
    store.away = false
    await guard.settle()
    // This one has not noticed yet.
    expect(await late.claim('t', 'nonce-a')).toBe(true)
    expect(await guard.claim('t', 'nonce-a')).toBe(false)
    clock.now_ms += 500
    await late.settle()
    clock.now_ms += 2_500
    await guard.settle()
    const asked = elsewhere.asked
    expect(await guard.claim('t', 'nonce-b')).toBe(true)
    expect(elsewhere.asked).toBe(asked)
    expect(await guard.claim('t', 'nonce-a')).toBe(false)
    await idle.settle()
    expect(await idle.claim('t', 'nonce-a')).toBe(false)
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

  test('that were taken while the store was away are told to it when it is back', async () => {
    const { guard, store, another, elsewhere } = setUp()
    store.away = true
    expect(await guard.claim('t', 'nonce-a')).toBe(true)
    store.away = false
    await guard.settle()
    expect([...store.kept.keys()]).toContain('nonce:t:nonce-a')
    elsewhere.claims.clear()
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
