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
  const [first, second] = clients.map((client) =>
    nonces({
      store: redisNonces(client),
      clock: systemClock,
      ttl_ms: 10_000,
      remembered_max: 100,
      retry_store_after_ms: 500,
      onFallback: (error) => fallbacks.push(error),
    }),
  )
  expect(await first!.claim('token', 'nonce-a')).not.toBe('again')
  expect(await second!.claim('token', 'nonce-a')).toBe('again')
  expect(await second!.claim('other', 'nonce-a')).not.toBe('again')
  expect(await clients[0]!.pttl('nonce:token:nonce-a')).toBeGreaterThan(9_000)
  expect(fallbacks).toEqual([])

  await server.stop('SIGKILL')
  expect(await first!.claim('token', 'nonce-b')).not.toBe('again')
  expect(await first!.claim('token', 'nonce-b')).toBe('again')
  expect(fallbacks.length).toBeGreaterThan(0)
  for (const client of clients) client.disconnect()
})
