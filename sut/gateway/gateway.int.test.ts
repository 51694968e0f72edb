import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import type { LoggedIn } from '#sut/contracts/api.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { signToken } from '#sut/platform/identity.ts'
import type { StartedService, Wire } from '#sut/platform/service.ts'
import { startRedis, type RedisStore } from '#sut/platform/testing/stores.ts'
import { publicKeysOf } from './testing/keys.ts'
import { publicClient } from './testing/client.ts'
import { neighbourhood, type Neighbourhood } from './testing/neighbours.ts'
import { wireGateway } from './wire.ts'

let redis: RedisStore
let around: Neighbourhood
let gateway: StartedService
let revoked: string[] = []

/** An identity that lets everybody in, and changes nothing about how tokens are made and published. */
const identity: Wire = (platform) => {
  const { token_key } = around
  platform.serve('identity.revoked', async () => ({ jtis: revoked }))
  platform.serve('identity.keys', async () => publicKeysOf(token_key))
  platform.serve('identity.claim_nonce', async () => ({ first: true }))
  platform.serve('identity.login', async ({ body }) => {
    const player_id = `player-${body.name}`
    const expires_in_s = body.password === 'is long over' ? -60 : 900
    const token = await signToken(token_key, { player_id, role: 'player' }, expires_in_s, platform.clock.wall_ms())
    return { player_id, token, expires_in_s, refresh_token: 'r'.repeat(43) }
  })
}

beforeAll(async () => {
  redis = await startRedis()
  around = await neighbourhood(redis)
  await around.start('identity', identity)
  await around.start('wallet', (platform) => {
    platform.serve('wallet.balance', async ({ params }) => {
      if (params['id'] !== 'player-ada') throw new Problem('not_found', 'no such account')
      return { balance_minor: 500, version: 3 }
    })
  })
  gateway = await around.start('gateway', wireGateway, { public: true })
})
afterAll(async () => {
  await around[Symbol.asyncDispose]()
  await redis[Symbol.asyncDispose]()
})

describe.each([
  ['HTTP/1.1', false],
  ['HTTP/2', true],
])('over %s', (_, allowH2) => {
  const connect = () => publicClient(gateway.port, around.authority, allowH2)

  test('a login gives what signs the requests that follow', async () => {
    const client = connect()
    const login = await client.call('login', { name: 'ada', password: 'correct horse' })
    expect(login.status).toBe(200)
    const answer = await client.call('balance', undefined, login.body as LoggedIn)
    expect([answer.status, answer.body]).toEqual([200, { balance_minor: 500, version: 3 }])
    expect(answer.headers['strict-transport-security']).toBeDefined()
    await client.close()
  })

  test('refusals have their status and code', async () => {
    const client = connect()
    const { body } = await client.call('login', { name: 'eve', password: 'correct horse' })
    const login = body as LoggedIn
    const old = (await client.call('login', { name: 'eve', password: 'is long over' })).body as LoggedIn
    const answers = [
      await client.call('balance', undefined, login),
      await client.call('balance', undefined, { ...login, signing_key: 'another' }),
      await client.call('balance', undefined, { ...login, token: `${login.token}x` }),
      await client.call('balance', undefined, old),
      await client.call('balance'),
      await client.call('spin', { session_id: 's', stake_minor: 1, client_seed: 'c' }, login),
      await client.send('GET', '/v1/nothing', {}, ''),
    ]
    expect(answers.map(({ status, body: { code } }) => [status, code])).toEqual([
      [404, 'not_found'],
      [401, 'signature_invalid'],
      [401, 'unauthenticated'],
      [401, 'token_expired'],
      [401, 'unauthenticated'],
      [400, 'malformed'],
      [404, 'not_found'],
    ])
    const text = await gateway.platform.metrics.registry.metrics()
    expect(text).toMatch(/gateway_refusals_total\{[^}]*code="signature_invalid"[^}]*\} [12]/)
    await client.close()
  })
})

test('a token that identity has revoked is refused within a few seconds', async () => {
  const client = publicClient(gateway.port, around.authority, true)
  const login = (await client.call('login', { name: 'ada', password: 'correct horse' })).body as LoggedIn
  expect((await client.call('balance', undefined, login)).status).toBe(200)
  revoked = [decodeJwt(login.token).jti!]
  await waitFor(async () => (await client.call('balance', undefined, login)).status === 401, {
    what: 'the token to be refused',
    limit_ms: 5_000,
    every_ms: 200,
  })
  expect((await client.call('balance', undefined, login)).body).toMatchObject({ code: 'token_revoked' })
  await client.close()
})

test('a service that is away is unavailable, with a time to try again', async () => {
  const client = publicClient(gateway.port, around.authority, false)
  const answer = await client.call('games')
  expect(answer.status).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
  await client.close()
})

test('players notice no more than one refusal when Redis is gone', async () => {
  const client = publicClient(gateway.port, around.authority, true)
  const { body } = await client.call('login', { name: 'ada', password: 'correct horse' })
  await redis.stop('SIGKILL')
  await redis.sentinel.stop('SIGKILL')
  const statuses: number[] = []
  for (let count = 0; count < 6; count++)
    statuses.push((await client.call('balance', undefined, body as LoggedIn)).status)
  expect(statuses.filter((status) => status !== 200).length).toBeLessThanOrEqual(1)
  const text = await gateway.platform.metrics.registry.metrics()
  expect(text).toMatch(/gateway_nonce_fallbacks_total\{[^}]*\} [1-9]/)
  await client.close()
})
