import { randomUUID } from 'node:crypto'
import { Validator } from '@seriousme/openapi-schema-validator'
import fastify, { type InjectOptions } from 'fastify'
import { SignJWT } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { publicRoutes } from '#sut/contracts/api.ts'
import type { ProblemCode } from '#sut/contracts/problems.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Call, HttpServer } from '#sut/platform/platform.ts'
import { publicDoor } from './door.ts'
import { holders } from './holders.ts'
import { nonces } from './nonces.ts'
import { operations } from './operations.ts'
import { payoutLasts_ms } from './payout-operations.ts'
import { rates } from './rates.ts'
import { signatureOf, signingKeyOf } from './signature.ts'

const signing_master = 'master of the test'
const token = await new SignJWT({})
  .setProtectedHeader({ alg: 'HS256' })
  .setJti('token-1')
  .sign(Buffer.from('who signs a token is not what is tested here'))
const refresh_token = 'r'.repeat(43)
const signing_key = signingKeyOf(signing_master, 'token-1')

type Called = { name: string; options: Record<string, unknown> }
const open: HttpServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

/** The door with what lies behind it answering as told. */
async function door(answer: (name: string) => unknown, in_flight_max = 10) {
  const called: Called[] = []
  const refused: ProblemCode[] = []
  const errors: unknown[] = []
  const seen = new Set<string>()
  const call = async (name: string, options: Record<string, unknown>) => {
    called.push({ name, options })
    return answer(name)
  }
  const server = fastify() as unknown as HttpServer
  open.push(server)
  await server.register(
    publicDoor({
      operations: operations(call as unknown as Call, signing_master),
      holders: holders({
        verify: async (text) => {
          if (text !== token) throw new Problem('unauthenticated', 'not one of ours')
          return { player_id: 'player-1', role: 'player', expires_at_ms: systemClock.wall_ms() + 60_000 }
        },
        signing_master,
        clock: systemClock,
        kept_max: 10,
      }),
      revocations: { has: async () => false },
      nonces: nonces({
        store: {
          setIfAbsent: async (key) => {
            const known = seen.has(key)
            seen.add(key)
            return known ? 'taken' : null
          },
        },
        clock: systemClock,
        ttl_ms: 60_000,
        remembered_max: 10,
        retry_store_after_ms: 100,
        onFallback: () => {},
      }),
      rates: rates({
        store: { add: async () => [] },
        clock: systemClock,
        window_ms: 600_000,
        most: { player: 3, address: 6, all: 8, spins: 2, abuse: 2 },
        remembered_max: 10,
        onFallback: () => {},
      }),
      clock: systemClock,
      limits: {
        in_flight_max,
        body_bytes_max: 16 * 1024,
        deadline_ms: 2_000,
        headers_max: 20,
        header_bytes_max: 2_000,
      },
      onRefusal: (code) => refused.push(code),
      onInternalError: (error) => errors.push(error),
    }),
  )
  return { server, called, refused, errors }
}

function signed(method: 'GET' | 'POST', url: string, body: unknown, extra: Record<string, string> = {}): InjectOptions {
  const payload = body === undefined ? '' : JSON.stringify(body)
  const timestamp = String(Math.floor(systemClock.wall_ms()))
  const nonce = randomUUID()
  return {
    method,
    url,
    ...(body === undefined ? {} : { payload }),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      authorization: `Bearer ${token}`,
      'x-slot-timestamp': timestamp,
      'x-slot-nonce': nonce,
      'x-slot-signature': signatureOf(
        signing_key,
        { method, path: url, body: payload, key: extra['idempotency-key'] },
        timestamp,
        nonce,
      ),
      ...extra,
    },
  }
}

const stake = { session_id: 's', stake_minor: 100, client_seed: 'c' }
const spun = {
  round_id: 'r',
  status: 'completed',
  stops: [1, 2, 3],
  stake_minor: 100,
  win_minor: 0,
  balance_minor: 900,
  version: 2,
  server_seed_hash: '0'.repeat(64),
  nonce: 0,
}

describe('the door', () => {
  test('hands a signed spin to the game, for the player of the token, with what is left of the deadline', async () => {
    const { server, called } = await door(() => spun)
    const before_ms = systemClock.monotonic_ms()
    const answer = await server.inject(signed('POST', '/v1/spins', stake, { 'idempotency-key': 'key-00001' }))
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual(spun)
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(called).toHaveLength(1)
    expect(called[0]!.name).toBe('game.spin')
    expect(called[0]!.options['body']).toEqual({ key: 'key-00001', player_id: 'player-1', ...stake })
    expect(Number(called[0]!.options['deadline_ms'])).toBeLessThanOrEqual(systemClock.monotonic_ms() + 2_000)
    expect(Number(called[0]!.options['deadline_ms'])).toBeGreaterThanOrEqual(before_ms + 2_000)
  })

  test('makes the key of a deposit the own of its player, and shows only what the API promises', async () => {
    const moved = { transfer_id: 't', balance_minor: 500, version: 1 }
    const { server, called } = await door(() => ({ ...moved, replayed: false }))
    const answer = await server.inject(
      signed('POST', '/v1/deposits', { amount_minor: 500 }, { 'idempotency-key': 'key-00001' }),
    )
    expect(answer.json()).toEqual(moved)
    expect(called.map(({ name }) => name)).toEqual(['session.admit_deposit', 'wallet.transfer'])
    expect(called[1]!.options['body']).toEqual({
      key: 'deposit:player-1:key-00001',
      kind: 'deposit',
      player_id: 'player-1',
      amount_minor: 500,
    })
  })

  test('hands on what the path names, and refuses a name that can be none', async () => {
    const { server, called } = await door(() => {
      throw new Problem('not_found', 'you have no such round')
    })
    const proof = (round_id: string) => server.inject(signed('GET', `/v1/rounds/${round_id}/proof`, undefined))
    expect((await proof('round-1')).json()).toMatchObject({ code: 'not_found' })
    expect(called[0]).toMatchObject({ name: 'game.proof', options: { params: { id: 'player-1', round: 'round-1' } } })
    for (const name of ['%00', 'x'.repeat(65)]) expect((await proof(name)).json()).toMatchObject({ code: 'malformed' })
    expect(called).toHaveLength(1)
  })

  test('takes no deposit of a player who has excluded himself, and still tells him of one that was made', async () => {
    const moved = { transfer_id: 't', balance_minor: 500, version: 1 }
    const excluded = new Problem('self_excluded', 'until tomorrow')
    let replay: unknown
    const { server, called } = await door((name) => {
      const answer = name === 'wallet.replay' ? replay : excluded
      if (answer instanceof Error) throw answer
      return answer
    })
    const ask = async () => {
      const made = signed('POST', '/v1/deposits', { amount_minor: 500 }, { 'idempotency-key': 'key-00001' })
      const { statusCode, json } = await server.inject(made)
      return [statusCode, json()] as const
    }
    replay = new Problem('not_found', 'nothing')
    expect(await ask()).toEqual([403, expect.objectContaining({ code: 'self_excluded' })])
    replay = new Problem('unavailable', 'nobody knows')
    expect(await ask()).toEqual([503, expect.objectContaining({ code: 'unavailable' })])
    replay = moved
    expect(await ask()).toEqual([200, moved])
    expect(called.map(({ name }) => name)).not.toContain('wallet.transfer')
  })

  test('lets money go out without asking about limits', async () => {
    const moved = { transfer_id: 't', balance_minor: 0, version: 2 }
    const { server, called } = await door(() => moved)
    const made = signed('POST', '/v1/withdrawals', { amount_minor: 500 }, { 'idempotency-key': 'key-00001' })
    expect((await server.inject(made)).json()).toEqual(moved)
    expect(called.map(({ name }) => name)).toEqual(['wallet.transfer'])
    expect(called[0]!.options['body']).toEqual({
      key: 'withdrawal:player-1:key-00001',
      kind: 'withdrawal',
      player_id: 'player-1',
      amount_minor: 500,
    })
  })

  test('asks the wallet to hold, capture and release a payout of the player of the token', async () => {
    const moved = { transfer_id: 't', balance_minor: 400, version: 3 }
    const asked = { amount_minor: 500, expires_at_ms: 9, balance_minor: 900, held_minor: 500, available_minor: 400 }
    const answers: Record<string, object> = {
      'wallet.place_hold': { hold_id: 'h-1', ...asked, version: 2, replayed: false },
      'wallet.capture_hold': { hold_id: 'h-1', captured_minor: 500, ...moved, replayed: false },
      'wallet.release_hold': { hold_id: 'h-1', amount_minor: 500, replayed: true },
    }
    const { server, called } = await door((name) => answers[name])
    const key = { 'idempotency-key': 'key-00001' }
    const placed = await server.inject(signed('POST', '/v1/payouts', { amount_minor: 500 }, key))
    expect([placed.statusCode, placed.json()]).toEqual([201, { payout_id: 'h-1', ...asked, version: 2 }])
    const ended = async (how: string) =>
      (await server.inject(signed('POST', `/v1/payouts/h-1/${how}`, undefined))).json<object>()
    expect(await ended('confirm')).toEqual({ payout_id: 'h-1', amount_minor: 500, ...moved })
    expect(await ended('cancel')).toEqual({ payout_id: 'h-1', amount_minor: 500, cancelled: true })
    const body = {
      key: 'payout:player-1:key-00001',
      player_id: 'player-1',
      amount_minor: 500,
      lasts_ms: payoutLasts_ms,
    }
    const end = { params: { id: 'h-1' }, body: { player_id: 'player-1' } }
    expect(called).toMatchObject([{ options: { body } }, { options: end }, { options: end }])
  })

  test('shows the time of play even when nobody can tell the result, and nothing to somebody else', async () => {
    const time = { session_id: 's-1', played_ms: 5, next_check_at_ms: 10 }
    const answers: Record<string, unknown> = {
      'session.acknowledge': time,
      'game.session_result': { net_result_minor: -70 },
    }
    const { server, called } = await door((name) => {
      if (answers[name] instanceof Error) throw answers[name]
      return answers[name]
    })
    const ask = async (session_id: string) =>
      (await server.inject(signed('POST', `/v1/sessions/${session_id}/reality-check`, undefined))).json<object>()
    expect(await ask('s-1')).toEqual({ ...time, net_result_minor: -70 })
    expect(called.map(({ options }) => options['params'])).toEqual([{ id: 's-1' }, { id: 'player-1', session: 's-1' }])
    answers['game.session_result'] = new Problem('unavailable', 'away')
    expect(await ask('s-1')).toEqual({ ...time, net_result_minor: null })
    called.length = 0
    answers['session.acknowledge'] = new Problem('forbidden', 'of another player')
    expect(await ask('s-1')).toMatchObject({ code: 'forbidden' })
    expect(called).toHaveLength(1)
  })

  test('reads what stands in the path as strictly as a body', async () => {
    const { server, called } = await door(() => ({}))
    for (const session_id of ['s%00', 'x'.repeat(65)]) {
      const made = signed('POST', `/v1/sessions/${session_id}/reality-check`, undefined)
      expect((await server.inject(made)).json()).toMatchObject({ code: 'malformed' })
    }
    expect(called).toEqual([])
  })

  test('gives the signing key of the token at login', async () => {
    const { server } = await door(() => ({ player_id: 'player-1', token, expires_in_s: 900, refresh_token }))
    const payload = { name: 'player-one', password: 'correct horse' }
    const answer = await server.inject({ method: 'POST', url: '/v1/login', payload })
    expect(answer.json()).toEqual({ player_id: 'player-1', token, expires_in_s: 900, refresh_token, signing_key })
  })

  test('refuses a request that is sent a second time', async () => {
    const { server, refused, called } = await door(() => ({ balance_minor: 1, version: 1 }))
    const request = signed('GET', '/v1/balance', undefined)
    expect((await server.inject(request)).statusCode).toBe(200)
    const again = await server.inject(request)
    expect(again.statusCode).toBe(401)
    expect(again.json()).toMatchObject({ code: 'request_replayed' })
    expect(refused).toEqual(['request_replayed'])
    expect(called).toHaveLength(1)
  })

  test.each([
    ['no token', { authorization: '' }, 401, 'unauthenticated'],
    ['a strange token', { authorization: 'Bearer abc' }, 401, 'unauthenticated'],
    ['an old timestamp', { 'x-slot-timestamp': '1700000000000' }, 401, 'clock_skewed'],
    ['another signature', { 'x-slot-signature': '0'.repeat(64) }, 401, 'signature_invalid'],
    ['no idempotency key', {}, 400, 'malformed'],
  ])('refuses %s', async (_, headers, status, code) => {
    const { server, refused, called } = await door(() => spun)
    const answer = await server.inject(signed('POST', '/v1/spins', stake, headers))
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toMatchObject({ code })
    expect(refused).toEqual([code])
    expect(called).toHaveLength(0)
  })

  test.each([
    ['no JSON', 'application/json', '{"name":', 400, 'malformed'],
    ['another type', 'text/plain', 'hello', 415, 'unsupported_media_type'],
    ['too much', 'application/json', JSON.stringify({ name: 'x'.repeat(17_000) }), 413, 'body_too_large'],
    ['wrong fields', 'application/json', '{"name":"x"}', 400, 'malformed'],
  ])('refuses %s', async (_, type, payload, status, code) => {
    const { server } = await door(() => ({}))
    const answer = await server.inject({ method: 'POST', url: '/v1/login', payload, headers: { 'content-type': type } })
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toMatchObject({ code })
  })

  test('passes on a refusal of a service, and keeps an accident to itself', async () => {
    const poor = await door(() => {
      throw new Problem('insufficient_funds', 'the balance is lower than the stake')
    })
    const request = () => signed('POST', '/v1/spins', stake, { 'idempotency-key': 'key-00001' })
    const refusal = await poor.server.inject(request())
    expect([refusal.statusCode, refusal.json()]).toEqual([
      402,
      { code: 'insufficient_funds', message: 'the balance is lower than the stake' },
    ])
    const broken = await door(() => {
      throw new TypeError('secret detail')
    })
    const accident = await broken.server.inject(request())
    expect(accident.statusCode).toBe(500)
    expect(accident.body).not.toContain('secret')
    expect(broken.errors).toHaveLength(1)
  })

  test('says too many to a player who asks too often, and to an address, with a time to come back', async () => {
    const { server, called } = await door(() => ({ balance_minor: 1, version: 1 }))
    const ask = async (options: InjectOptions): Promise<number> => (await server.inject(options)).statusCode
    for (const status of [200, 200, 200]) expect(await ask(signed('GET', '/v1/balance', undefined))).toBe(status)
    const refused = await server.inject(signed('GET', '/v1/balance', undefined))
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '1'])
    expect(refused.json()).toMatchObject({ code: 'too_many_requests' })
    expect(called).toHaveLength(3)
    const games = { method: 'GET', url: '/v1/games' } as const
    for (let tries = 0; tries < 2; tries++) expect(await ask(games)).not.toBe(429)
    expect(await ask(games)).toBe(429) // of this address, signed or not
    expect(await ask({ ...games, remoteAddress: '10.0.0.2' })).not.toBe(429)
  })

  test('refuses spins that come faster than reels turn, and nothing else of that player', async () => {
    const { server, called } = await door(() => spun)
    const spin = (key: string) => server.inject(signed('POST', '/v1/spins', stake, { 'idempotency-key': key }))
    for (const key of ['key-00001', 'key-00002']) expect((await spin(key)).statusCode).toBe(200)
    const third = await spin('key-00003')
    expect([third.statusCode, third.json<{ code: string }>().code]).toEqual([429, 'spins_too_fast'])
    expect(called).toHaveLength(2)
  })

  test('does not hear an address any more that sends what no client sends, and says so in the count of refusals', async () => {
    const { server, refused } = await door(() => ({ games: [] }))
    const forged = { method: 'GET', url: '/v1/balance', headers: { authorization: 'Bearer forged' } } as const
    const games = { method: 'GET', url: '/v1/games' } as const
    for (let tries = 0; tries < 2; tries++) expect((await server.inject(forged)).statusCode).toBe(401)
    const unheard = await server.inject(games)
    expect([unheard.statusCode, unheard.headers['retry-after']]).toEqual([429, '1'])
    expect(refused).toEqual(['unauthenticated', 'unauthenticated', 'abuse_suspected'])
    expect((await server.inject({ ...games, remoteAddress: '10.0.0.2' })).statusCode).toBe(200)
  })

  test.each([
    ['too many headers', Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`x-${index}`, '1']))],
    ['headers that are too long', { 'x-long': 'x'.repeat(3_000) }],
  ])('refuses %s', async (_, headers) => {
    const { server } = await door(() => ({ games: [] }))
    const answer = await server.inject({ method: 'GET', url: '/v1/games', headers })
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([431, 'headers_refused'])
  })

  test('describes itself: a valid OpenAPI document with every route, and what each refuses', async () => {
    const { server } = await door(() => ({}))
    const answer = await server.inject({ method: 'GET', url: '/v1/openapi.json' })
    const document = answer.json<{ paths: Record<string, Record<string, { responses: object }>> }>()
    expect(await new Validator().validate(document)).toMatchObject({ valid: true })
    for (const { method, path, status } of Object.values(publicRoutes)) {
      const statuses = Object.keys(document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]![method.toLowerCase()]!.responses)
      expect(statuses).toEqual(expect.arrayContaining([String(status), '400', '401', '429', '503']))
    }
  })

  test('sheds load beyond its places, and has them back afterwards', async () => {
    const waiting: (() => void)[] = []
    const { server } = await door(() => new Promise((resolve) => waiting.push(() => resolve({ games: [] }))), 2)
    const games = { method: 'GET', url: '/v1/games' } as const
    const first = [server.inject(games), server.inject(games)]
    for (const request of first) void request.then(() => undefined)
    await expect.poll(() => waiting.length).toBe(2)
    const shed = await server.inject(games)
    expect(shed.statusCode).toBe(503)
    expect(shed.headers['retry-after']).toBe('1')
    for (const answer of waiting.splice(0)) answer()
    for (const request of first) expect((await request).statusCode).toBe(200)
    const later = server.inject(games)
    void later.then(() => undefined)
    await expect.poll(() => waiting.length).toBe(1)
    waiting[0]!()
    expect((await later).statusCode).toBe(200)
  })
})
