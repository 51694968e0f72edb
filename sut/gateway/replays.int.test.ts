import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import { publicRoutes, type LoggedIn } from '#sut/contracts/api.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { signToken } from '#sut/platform/identity.ts'
import type { StartedService } from '#sut/platform/service.ts'
import { startRedis, type RedisStore } from '#sut/platform/testing/stores.ts'
import { signatureOf } from './signature.ts'
import { publicClient } from './testing/client.ts'
import { publicKeysOf } from './testing/keys.ts'
import { neighbourhood, type Neighbourhood } from './testing/neighbours.ts'
import { wireGateway } from './wire.ts'

// What somebody can do with a request that he has seen: through two gateways, with a real Redis that stops and starts.
let redis: RedisStore
let around: Neighbourhood
/** Two in region a, one in region b. */
let gateways: StartedService[]
/** What the wallet has paid, by the key that it was given. */
const paid = new Map<string, number>()
/** What identity was asked to claim while Redis was away. */
const claimed = new Map<string, string>()
/** How often a seed was exchanged. */
let rotated = 0

beforeAll(async () => {
  redis = await startRedis()
  around = await neighbourhood(redis)
  const { token_key } = around
  await around.start('identity', (platform) => {
    platform.serve('identity.revoked', async () => ({ jtis: [] }))
    platform.serve('identity.keys', async () => publicKeysOf(token_key))
    platform.serve('identity.login', async ({ body: { name } }) => {
      const about = { player_id: name, role: name === 'operator' ? ('operator' as const) : ('player' as const) }
      const token = await signToken(token_key, about, 900, platform.clock.wall_ms())
      return { player_id: name, token, expires_in_s: 900, refresh_token: 'r'.repeat(43) }
    })
    platform.serve('identity.claim_nonce', async ({ body: { key, claim } }) => {
      if (!claimed.has(key)) claimed.set(key, claim)
      return { first: claimed.get(key) === claim }
    })
    platform.serve('identity.reinstate', async ({ params }) => ({ player_id: params['id']!, suspended: false }))
  })
  await around.start('wallet', (platform) => {
    platform.serve('wallet.transfer', async ({ body: { key, amount_minor, player_id } }) => {
      if (player_id !== 'ada') throw new Problem('not_found', 'no such account')
      const replayed = paid.has(key)
      paid.set(key, amount_minor)
      return { transfer_id: key, balance_minor: 1_000 - paid.size * 500, version: paid.size, replayed }
    })
  })
  await around.start('game', (platform) => {
    platform.serve('game.rotate', async () => {
      rotated++
      const hash = '0'.repeat(64)
      const next = { server_seed_hash: hash, next_nonce: 0, next_server_seed_hash: hash }
      return { revealed: { server_seed: hash, server_seed_hash: hash, rounds: 0 }, next }
    })
  })
  gateways = [
    await around.start('gateway', wireGateway, { public: true }),
    await around.start('gateway', wireGateway, { public: true }),
    await around.start('gateway', wireGateway, { public: true, region: 'b' }),
  ]
})
afterAll(async () => {
  await around[Symbol.asyncDispose]()
  await redis[Symbol.asyncDispose]()
})

const connect = () =>
  gateways.map(({ port }, index) => publicClient(port, around.authority, true, index === 2 ? 'b' : 'a'))

/** A request that can be sent as often as one likes, through whichever gateway, with other headers in place of its own. */
function captured(login: LoggedIn, path: string, payload?: object, key = newId()) {
  const body = payload === undefined ? '' : JSON.stringify(payload)
  const timestamp = String(Math.floor(systemClock.wall_ms()))
  const nonce = newId()
  const headers = {
    authorization: `Bearer ${login.token}`,
    'idempotency-key': key,
    'x-slot-timestamp': timestamp,
    'x-slot-nonce': nonce,
    'x-slot-signature': signatureOf(
      login.signing_key,
      { method: 'POST', path, body, key, region: 'a' },
      timestamp,
      nonce,
    ),
  }
  return async (through: ReturnType<typeof publicClient>, other: Record<string, string> = {}) => {
    const answer = await through.send('POST', path, { ...headers, ...other }, body)
    return [answer.status, answer.body['code'] ?? 'ok']
  }
}

type Client = ReturnType<typeof publicClient>
const reinstatePath = publicRoutes.reinstate.path.replace('{player_id}', 'ada')

const logIn = async (through: Client, name: string): Promise<LoggedIn> =>
  (await through.call('login', { name, password: 'correct horse' })).body as unknown as LoggedIn

/** Waits until these gateways serve what is signed now, and ask identity for it or no longer do. */
async function serving(clients: readonly Client[], { asks_identity }: { asks_identity: boolean }): Promise<void> {
  const login = await logIn(clients[0]!, 'operator')
  for (const client of clients)
    await waitFor(
      async () => {
        const asked = claimed.size
        const served = (await captured(login, reinstatePath)(client))[0] === 200
        return served && claimed.size > asked === asks_identity
      },
      { what: 'gateways to serve again', limit_ms: 15_000, every_ms: 100 },
    )
}

async function sharedAgain(clients: readonly Client[]): Promise<void> {
  await redis.start()
  await serving(clients, { asks_identity: false })
}

describe('a withdrawal that was signed once', () => {
  test('is paid once, through whichever gateway, under whichever key, while Redis is there, away and back', async () => {
    const [first, second] = connect()
    const login = await logIn(first!, 'ada')
    const withdrawal = captured(login, publicRoutes.withdraw.path, { amount_minor: 500 })
    const unseen = captured(login, publicRoutes.withdraw.path, { amount_minor: 200 })
    for (const send of [withdrawal, unseen]) expect(await send(first!)).toEqual([200, 'ok'])
    const refused = async (): Promise<void> => {
      expect(await withdrawal(first!)).toEqual([401, 'request_replayed'])
      for (const gateway of [first!, second!])
        expect(await withdrawal(gateway, { 'idempotency-key': newId() })).toEqual([401, 'signature_invalid'])
    }
    expect(await withdrawal(second!)).toEqual([401, 'request_replayed'])
    await refused()

    await redis.stop('SIGKILL')
    await refused()
    // Was red: the other gateway, which has never seen it, served it once more.
    expect(await unseen(second!)).toEqual([503, 'unavailable'])
    expect(await unseen(second!)).toEqual([401, 'request_replayed'])
    expect(await unseen(second!, { 'idempotency-key': newId() })).toEqual([401, 'signature_invalid'])
    expect([...paid.values()]).toEqual([500, 200])
    await serving([first!, second!], { asks_identity: true })
    const whileAway = captured(login, publicRoutes.withdraw.path, { amount_minor: 300 })
    expect(await whileAway(first!)).toEqual([200, 'ok'])
    expect(await whileAway(second!)).toEqual([401, 'request_replayed'])

    await sharedAgain([first!, second!])
    expect(await whileAway(second!)).toEqual([401, 'request_replayed'])
    await refused()
    expect([...paid.values()].filter((amount) => amount === 300)).toEqual([300])
    await Promise.all([first!.close(), second!.close()])
  })
})

// Was red: what a player changes without a key (limits, seeds, sessions) was done again, and reads were answered.
test('a request is for one region, and there it was seen: in another one it is refused, also while Redis is away', async () => {
  const [first, second, elsewhere] = connect()
  const login = await logIn(first!, 'bea')
  const replayed = captured(login, publicRoutes.rotate_seed.path)
  expect(await replayed(first!)).toEqual([200, 'ok'])
  await redis.stop('SIGKILL')
  expect(await replayed(first!)).toEqual([401, 'request_replayed'])
  expect(await replayed(elsewhere!)).toEqual([401, 'signature_invalid'])
  // Until it has noticed that Redis is gone, it cannot tell of what was signed before.
  const signedAnew = async () => (await elsewhere!.call('rotate_seed', undefined, login)).status === 200
  await waitFor(signedAnew, { what: 'the other region to serve', limit_ms: 10_000, every_ms: 100 })
  expect(rotated).toBe(2)
  await sharedAgain([first!, second!])
  await Promise.all([first!.close(), second!.close(), elsewhere!.close()])
})

test('what an operator does is done once, also while Redis is away', async () => {
  const [first, second] = connect()
  const login = await logIn(first!, 'operator')
  const before = captured(login, reinstatePath)
  expect(await before(first!)).toEqual([200, 'ok'])
  await redis.stop('SIGKILL')
  expect((await before(second!))[0]).not.toBe(200)
  await serving([first!, second!], { asks_identity: true })
  const meanwhile = captured(login, reinstatePath)
  expect(await meanwhile(first!)).toEqual([200, 'ok'])
  expect(await meanwhile(second!)).toEqual([401, 'request_replayed'])
  await sharedAgain([first!, second!])
  await Promise.all([first!.close(), second!.close()])
})
