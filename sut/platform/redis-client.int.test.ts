import { expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import { redisClient } from './redis-client.ts'
import { startRedis } from './testing/stores.ts'

test('a command is answered, or refused in bounded time while Redis is silent or gone, and answered again after', async () => {
  await using redis = await startRedis()
  const sentinels = [{ host: redis.host, port: redis.sentinel.port }]
  const discovery = { services: {}, postgres: [], nats: [], redis: { sentinels, group: 'slot', addresses: {} } }
  const client = redisClient({ redis: { user: 'default', password: 'any' } }, { current: () => discovery }, () => {})
  const answered = (): Promise<unknown> =>
    waitFor(() => client.set('key', 'value').catch(() => undefined), { what: 'an answer', limit_ms: 15_000 })
  const refusal_ms = async (): Promise<number> => {
    const begun = performance.now()
    await expect(client.get('key')).rejects.toThrow(/./)
    return performance.now() - begun
  }
  try {
    await answered()
    expect(await client.get('key')).toBe('value')

    await redis.signal('SIGSTOP')
    expect(await refusal_ms()).toBeLessThan(600)
    await redis.signal('SIGCONT')
    await answered()

    await redis.stop('SIGKILL')
    expect(await refusal_ms()).toBeLessThan(600)
    expect(await refusal_ms()).toBeLessThan(600)
    await redis.start()
    await answered()
  } finally {
    client.disconnect()
  }
})
