import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { startRedis } from '#sut/platform/testing/stores.ts'
import { rates } from './rates.ts'
import { redisRates } from './wire.ts'

test('two gateways share their counts in Redis, which forgets them, and go on when it is gone', async () => {
  await using server = await startRedis()
  const clients = [1, 2].map(() =>
    new Redis({ host: server.host, port: server.port, commandTimeout: 300 }).on('error', () => {}),
  )
  const fallbacks: unknown[] = []
  const [first, second] = clients.map((client) =>
    rates({
      store: redisRates(client),
      clock: systemClock,
      window_ms: 600_000,
      most: { player: 10, address: 10, all: 10, spins: 1_000, logins: 1_000, abuse: 1_000 },
      remembered_max: 100,
      onFallback: (error) => fallbacks.push(error),
    }),
  )
  for (let count = 0; count < 8; count++) first!.take('player', 'ada')
  await first!.share()
  second!.take('player', 'ada')
  await second!.share()
  second!.take('player', 'ada')
  expect(() => second!.take('player', 'ada')).toThrow('more than 10 in 600 s')
  const [key] = await clients[0]!.keys('rate:player:ada:*')
  expect(await clients[0]!.get(key!)).toBe('9')
  expect(await clients[0]!.pttl(key!)).toBeGreaterThan(1_100_000)
  expect(fallbacks).toEqual([])

  await server.stop('SIGKILL')
  await second!.share()
  expect(fallbacks).toHaveLength(1)
  for (const client of clients) client.disconnect()
})
