import { expect, test } from 'vitest'
import { layeredCache } from './layered.ts'

function setUp(broken = false) {
  const shared = new Map<string, string>()
  let now_ms = 0
  let loads = 0
  const layers: string[] = []
  const away = (): Promise<never> => Promise.reject(new Error('away'))
  const redis = {
    get: broken ? away : async (key: string) => shared.get(key) ?? null,
    set: broken ? away : async (key: string, value: string) => void shared.set(key, value),
    del: broken ? away : async (key: string) => Number(shared.delete(key)),
  }
  const ports = {
    redis: redis as never,
    clock: { wall_ms: () => now_ms, monotonic_ms: () => now_ms },
    count: (layer: string) => void layers.push(layer),
  }
  const options = { name: 'games', memory_ms: 100, shared_ms: 1000, load: async (key: string) => `${key}-${++loads}` }
  const cache = () => layeredCache(options, ports)
  return { cache, layers, advance: (ms: number) => void (now_ms += ms), loads: () => loads }
}

test('a thousand requests for one key load it once', async () => {
  const { cache, loads } = setUp()
  const games = cache()
  const values = await Promise.all(Array.from({ length: 1000 }, () => games.get('x')))
  expect(new Set(values)).toEqual(new Set(['x-1']))
  expect(loads()).toBe(1)
})

test('memory, then what another process has shared, then the source', async () => {
  const { cache, layers, advance, loads } = setUp()
  const [one, other] = [cache(), cache()]
  await one.get('x')
  await one.get('x')
  await other.get('x')
  advance(101)
  await one.get('x')
  expect(layers).toEqual(['source', 'memory', 'shared', 'shared'])
  await one.forget('x')
  expect(await one.get('x')).toBe('x-2')
  expect(loads()).toBe(2)
})

test('without Redis it asks the source, and an error is not kept', async () => {
  const { cache } = setUp(true)
  expect(await cache().get('x')).toBe('x-1')
  const failing = layeredCache(
    { name: 'f', memory_ms: 1, shared_ms: 1, load: () => Promise.reject(new Error('no')) },
    { clock: { wall_ms: () => 0, monotonic_ms: () => 0 }, count: () => {} },
  )
  await expect(failing.get('x')).rejects.toThrow('no')
  await expect(failing.get('x')).rejects.toThrow('no')
})
