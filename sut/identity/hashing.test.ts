import { describe, expect, test } from 'vitest'
import { hashing, type HashingLimits } from './hashing.ts'

/** Work that ends when it is told to. */
function shop(limits: Partial<HashingLimits> = {}) {
  const shared = hashing({ at_once: 2, waiting_max: 3, of_one_network_max: 10, ...limits })
  const ends: (() => void)[] = []
  let done = 0
  const start = (network: string): Promise<string> =>
    shared.run(network, async () => {
      await new Promise<void>((resolve) => ends.push(resolve))
      done++
      return network
    })
  return { shared, ends, start, done: () => done }
}
const codes = (results: readonly PromiseSettledResult<unknown>[]): string[] =>
  results.map((result) => (result.status === 'fulfilled' ? 'ok' : (result.reason as { code: string }).code))

describe('hashing', () => {
  test('has so many places, and a line that has an end', async () => {
    const { shared, ends, start } = shop()
    const settled = Promise.allSettled(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(start))
    await new Promise(setImmediate)
    expect([ends.length, shared.waiting()]).toEqual([2, 3])
    while (ends.length > 0) {
      ends.shift()!()
      await new Promise(setImmediate)
    }
    expect(codes(await settled)).toEqual([...Array(5).fill('ok'), 'unavailable', 'unavailable'])
    expect(shared.waiting()).toBe(0)
  })

  test('leaves places to others, however many one network asks for', async () => {
    const { ends, start } = shop({ of_one_network_max: 3 })
    const many = Array.from({ length: 50 }, () => start('attacker'))
    const other = start('home')
    const settled = Promise.allSettled([...many, other])
    await new Promise(setImmediate)
    while (ends.length > 0) {
      ends.shift()!()
      await new Promise(setImmediate)
    }
    const all = codes(await settled)
    expect(all.filter((code) => code === 'ok')).toHaveLength(4)
    expect(all.filter((code) => code === 'too_many_requests')).toHaveLength(47)
    expect(all.at(-1)).toBe('ok')
  })

  test('has its places back from work that failed', async () => {
    const { shared } = shop({ at_once: 1, of_one_network_max: 1 })
    for (let count = 0; count < 5; count++)
      await expect(shared.run('home', () => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory')
    expect(await shared.run('home', () => Promise.resolve('served'))).toBe('served')
  })
})
