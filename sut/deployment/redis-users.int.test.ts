import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import { services } from '#sut/contracts/descriptor.ts'
import { redisClient } from '#sut/platform/redis-client.ts'
import { type RedisStore, startRedis } from '#sut/platform/testing/stores.ts'
import { createSecrets } from './secrets.ts'
import { storeRights } from './store-rights.ts'

const secrets = createSecrets(services)
const users = services.filter((name) => storeRights[name].redis !== undefined)
const keysOf = (name: (typeof services)[number]): string[] =>
  (storeRights[name].redis?.keys ?? []).map((pattern) => pattern.replace('*', 'one'))

let redis: RedisStore
const cleanUp = new AsyncDisposableStack()
beforeAll(async () => {
  redis = cleanUp.use(await startRedis(secrets))
})
afterAll(() => cleanUp.disposeAsync())

type Connection = Pick<Redis, 'call'>
function connect(port: number, login: { username?: string; password?: string }): Connection {
  const client = new Redis({ host: redis.host, port, ...login, enableReadyCheck: false, disableClientInfo: true })
  client.on('error', () => {})
  cleanUp.defer(() => client.disconnect())
  return client
}
async function refusal(client: Connection, command: string): Promise<string> {
  const [name, ...words] = command.split(' ')
  return client.call(name!, ...words).then(
    () => `${command} was allowed`,
    (error: unknown) => String(error),
  )
}

const dangerous = [
  ['FLUSHALL', 'FLUSHDB', 'KEYS *', 'SCAN 0', 'CONFIG SET maxmemory 1', 'CONFIG GET *', 'ACL LIST', 'ACL WHOAMI'],
  ['MONITOR', 'SHUTDOWN', 'REPLICAOF NO ONE', 'CLIENT LIST', 'CLIENT KILL TYPE normal', 'SAVE'],
  ['PUBLISH __sentinel__:hello x', 'SUBSCRIBE __sentinel__:hello', 'RANDOMKEY', 'DBSIZE'],
].flat()
const onlySome = ['EVAL return(1) 0', 'INFO', 'ROLE', 'PSYNC ? -1']

describe.each(users)('%s in Redis', (name) => {
  const login = { user: name, password: secrets.passwords[name]! }
  const connected = (port = redis.port): Connection => connect(port, { username: login.user, password: login.password })

  test('finds the leader by itself, and reads and writes its own keys', async () => {
    const sentinels = [{ host: redis.host, port: redis.sentinel.port }]
    const discovery = { services: {}, postgres: [], nats: [], redis: { sentinels, group: 'slot', addresses: {} } }
    const client = redisClient({ redis: login }, { current: () => discovery }, () => {})
    cleanUp.defer(() => client.disconnect())
    for (const key of keysOf(name)) {
      const written = (): Promise<unknown> => client.set(key, 'value', 'PX', 60_000).catch(() => undefined)
      await waitFor(written, { what: `${key} to be written`, limit_ms: 15_000 })
      expect(await client.get(key)).toBe('value')
    }
  })

  test('sees no key of another', async () => {
    const client = connected()
    for (const key of [...users.filter((other) => other !== name).flatMap(keysOf), 'else', keysOf(name)[0]!.slice(1)])
      for (const command of [`GET ${key}`, `SET ${key} x`]) expect(await refusal(client, command)).toContain('NOPERM')
  })

  test('may do nothing to the whole server, nor to who leads', async () => {
    const client = connected()
    for (const command of [...dangerous, ...onlySome]) expect(await refusal(client, command)).toContain('NOPERM')
    const sentinel = connected(redis.sentinel.port)
    for (const command of ['SENTINEL FAILOVER slot', 'SENTINEL REMOVE slot', 'SENTINEL SET slot quorum 9', 'ACL LIST'])
      expect(await refusal(sentinel, command)).toContain('NOPERM')
    expect(await sentinel.call('SENTINEL', 'get-master-addr-by-name', 'slot')).toEqual([redis.host, `${redis.port}`])
  })
})

test('the observer sees who leads, and neither sees nor changes anything else', async () => {
  const login = { username: 'observer', password: secrets.observer }
  const client = connect(redis.port, login)
  expect(await client.call('ROLE')).toContain('master')
  expect(await client.call('INFO', 'replication')).toContain('role:master')
  for (const command of [...dangerous, ...users.flatMap(keysOf).map((key) => `GET ${key}`)])
    expect(await refusal(client, command)).toContain('NOPERM')
  const sentinel = connect(redis.sentinel.port, login)
  expect(await sentinel.call('INFO', 'sentinel')).toContain('name=slot,status=ok')
  for (const command of ['SENTINEL FAILOVER slot', 'SENTINEL REMOVE slot'])
    expect(await refusal(sentinel, command)).toContain('NOPERM')
})

test('who does not log in may do nothing, at a Redis and at a Sentinel', async () => {
  for (const port of [redis.port, redis.sentinel.port])
    for (const command of ['PING', 'INFO', 'GET nonce:one', 'SENTINEL masters'])
      expect(await refusal(connect(port, {}), command)).toContain('NOAUTH')
})
