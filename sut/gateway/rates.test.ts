import { expect, test } from 'vitest'
import { type Rates, type RatesOptions, type RateScope, rates } from './rates.ts'

const window_ms = 10_000
const most = { player: 20, address: 40, all: 60, spins: 10, logins: 5, abuse: 5 }

function shop(options: Partial<RatesOptions> = {}) {
  const time = { ms: 0 }
  const clock = { wall_ms: () => time.ms, monotonic_ms: () => time.ms }
  const counts = new Map<string, number>()
  const store: RatesOptions['store'] & { away: boolean } = {
    away: false,
    async add(news) {
      if (store.away) throw new Error('no Redis')
      return news.map(({ key, by }) => {
        const total = (counts.get(key) ?? 0) + by
        counts.set(key, total)
        return total
      })
    },
  }
  const fallbacks: unknown[] = []
  const gateway = (): Rates =>
    rates({
      store,
      clock,
      window_ms,
      most,
      remembered_max: 100,
      onFallback: (error) => fallbacks.push(error),
      ...options,
    })
  return { time, store, counts, fallbacks, gateway }
}

/** How many of so many are let through. */
function passed(gateway: Rates, tries: number, scope: RateScope = 'player', who = 'ada'): number {
  let through = 0
  for (let index = 0; index < tries; index++)
    try {
      gateway.take(scope, who)
      through++
    } catch (error) {
      expect(error).toMatchObject({ code: 'too_many_requests' })
    }
  return through
}

test('each scope has a limit of its own, and one who asks too often is no trouble to another', () => {
  const gateway = shop().gateway()
  expect(passed(gateway, 30)).toBe(20)
  expect(passed(gateway, 30, 'player', 'bob')).toBe(20)
  expect(passed(gateway, 100, 'address', '10.0.0.1')).toBe(40)
  expect(passed(gateway, 100, 'all', '')).toBe(60)
})

test('what is only counted passes the limit, and is refused when it is asked for', () => {
  const { time, gateway: open } = shop()
  const gateway = open()
  for (let index = 0; index < 4; index++) gateway.count('abuse', 'ada')
  gateway.assertBelow('abuse', 'ada')
  for (let index = 0; index < 10; index++) gateway.count('abuse', 'ada')
  expect(() => gateway.assertBelow('abuse', 'ada')).toThrow(expect.objectContaining({ code: 'abuse_suspected' }))
  gateway.assertBelow('abuse', 'bob')
  time.ms += 2 * window_ms
  gateway.assertBelow('abuse', 'ada')
})

test('in no stretch as long as a window more is let through than the limit, to an even stream', () => {
  const { time, gateway: open } = shop()
  const gateway = open()
  const let_through: number[] = []
  for (; time.ms < 5 * window_ms; time.ms += 100) if (passed(gateway, 1) === 1) let_through.push(time.ms)
  for (const start of let_through)
    expect(let_through.filter((at) => at >= start && at < start + window_ms).length).toBeLessThanOrEqual(
      most.player + 1,
    )
  expect(let_through.length).toBeGreaterThan(most.player * 4)
})

test('what is refused does not count: who waits for a window is let in again', () => {
  const { time, gateway: open } = shop()
  const gateway = open()
  expect(passed(gateway, 1_000)).toBe(20)
  time.ms += 2 * window_ms
  expect(passed(gateway, 1_000)).toBe(20)
})

test('gateways share what they have counted', async () => {
  const { gateway } = shop()
  const [first, second] = [gateway(), gateway()]
  expect(passed(first, 15)).toBe(15)
  await first.share()
  expect(passed(second, 2)).toBe(2)
  await second.share()
  expect(passed(second, 30)).toBe(3)
  await second.share()
  expect(passed(first, 1)).toBe(1) // it has not heard of the second one's yet
  await first.share()
  expect(passed(first, 30)).toBe(0)
})

test('while Redis is away each gateway goes on alone, and afterwards tells what it has not told', async () => {
  const { store, counts, fallbacks, gateway: open } = shop()
  const gateway = open()
  store.away = true
  expect(passed(gateway, 12)).toBe(12)
  await gateway.share()
  expect(fallbacks).toHaveLength(1)
  expect(passed(gateway, 30)).toBe(8)
  store.away = false
  await gateway.share()
  expect([...counts.values()]).toEqual([20])
})

test('who is far from the limit is not told of; memory is bounded', async () => {
  const { counts, gateway: open } = shop({ remembered_max: 3 })
  const gateway = open()
  passed(gateway, 1)
  await gateway.share()
  expect(counts.size).toBe(0)
  for (const who of ['b', 'c', 'd', 'e']) passed(gateway, 20, 'player', who)
  expect(passed(gateway, 1, 'player', 'e')).toBe(0)
  expect(passed(gateway, 20, 'player', 'b')).toBe(20) // forgotten: the price of the bound
})
