import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { startRedis, type RedisStore } from '#sut/platform/testing/stores.ts'
import { nonces } from './nonces.ts'
import { redisNonces } from './wire.ts'

let server: RedisStore
beforeAll(async () => {
  server = await startRedis()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

test('two gateways share what they have seen, and go on when Redis is gone', async () => {
  const clients = [1, 2].map(() => {
    const client = new Redis({ host: server.host, port: server.port, enableOfflineQueue: true, commandTimeout: 300 })
    return client.on('error', () => {})
  })
  const fallbacks: unknown[] = []
  const elsewhere = new Set<string>()
  const now_ms = (): number => systemClock.wall_ms()
  const [first, second] = clients.map((client) =>
    nonces({
      store: redisNonces(client),
      clock: systemClock,
      ttl_ms: 10_000,
      remembered_max: 100,
      claimElsewhere: async ({ key }) => !elsewhere.has(key) && elsewhere.add(key) !== undefined,
      onFallback: (error) => fallbacks.push(error),
    }),
  )
  expect(await first!.claim('token', 'nonce-a', now_ms())).toBe(true)
  expect(await second!.claim('token', 'nonce-a', now_ms())).toBe(false)
  expect(await second!.claim('other', 'nonce-a', now_ms())).toBe(true)
  expect(await clients[0]!.pttl('nonce:token:nonce-a')).toBeGreaterThan(9_000)
  expect(fallbacks).toEqual([])

  await server.stop('SIGKILL')
  for (const each of [first!, second!]) await each.settle()
  expect(await first!.claim('token', 'nonce-b', now_ms())).toBe(true)
  for (const each of [first!, second!]) expect(await each.claim('token', 'nonce-b', now_ms())).toBe(false)
  expect(fallbacks.length).toBeGreaterThan(0)
  for (const client of clients) client.disconnect()
})
