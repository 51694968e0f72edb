import type { InjectOptions } from 'fastify'
import { afterEach, describe, expect, test } from 'vitest'
import { closeDoors, door, signed, spun, stake } from './testing/door.ts'

afterEach(closeDoors)

describe('the door', () => {
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

  test('sheds load beyond its places, and has them back afterwards', async () => {
    const waiting: (() => void)[] = []
    const { server } = await door(() => new Promise((resolve) => waiting.push(() => resolve({ games: [] }))), {
      in_flight_max: 2,
    })
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

describe('text that no store keeps as it was sent is malformed, on every route', () => {
  test.each([
    ['POST', '/v1/spins', '{"session_id":"s","stake_minor":100,"client_seed":"\\u0000"}'],
    ['POST', '/v1/spins', '{"session_id":"\\u0000","stake_minor":100,"client_seed":"c"}'],
    ['POST', '/v1/sessions', '{"game_id":"\\ud800"}'],
    ['POST', '/v1/sessions', '{"game_id":"g","__proto__":{"a":1}}'],
    ['POST', '/v1/sessions', '{"game_id":"g","other\\u0000":1}'],
    ['POST', '/v1/login', '{"name":"ada","password":"correct\\u0000horse"}'],
    ['POST', '/v1/login', Buffer.from('{"name":"ada","password":"correct \xff\xfe horse"}', 'latin1')],
  ] as const)('%s %s %s', async (method, url, body) => {
    const { server, called, refused } = await door(() => ({}))
    const text = body.toString()
    const made = signed(method, url, undefined, { 'idempotency-key': 'key-00001', 'content-type': 'application/json' })
    const answer = await server.inject({ ...made, payload: body })
    // Where the route is signed, what is no text is refused before the signature is looked at.
    expect([answer.statusCode, answer.json<{ code: string }>().code, text]).toEqual([400, 'malformed', text])
    expect(refused).toEqual(['malformed'])
    expect(called).toEqual([])
  })
})

test('an address that asks too often does not use up what is for all', async () => {
  const { server } = await door(() => ({ games: [] }))
  const ask = async (remoteAddress: string) =>
    (await server.inject({ method: 'GET', url: '/v1/games', remoteAddress })).statusCode
  for (let tries = 0; tries < 20; tries++) await ask('10.0.0.1')
  expect(await ask('10.0.0.1')).toBe(429)
  expect(await ask('10.0.0.2')).toBe(200)
})

test('a network of IPv6 is one address, however many it has', async () => {
  const { server } = await door(() => ({ games: [] }))
  const ask = async (remoteAddress: string) =>
    (await server.inject({ method: 'GET', url: '/v1/games', remoteAddress })).statusCode
  for (let tries = 0; tries < 6; tries++) expect(await ask(`2001:db8:0:1::${tries + 1}`)).toBe(200)
  expect(await ask('2001:db8:0:1:ffff::9')).toBe(429)
  expect(await ask('2001:db8:0:2::1')).toBe(200)
  expect(await ask('::ffff:10.0.0.1')).toBe(200)
})

describe('what a client says of itself changes nothing: everybody is who the connection says', () => {
  test.each([
    'x-forwarded-for',
    'x-real-ip',
    'x-client-ip',
    'true-client-ip',
    'cf-connecting-ip',
    'forwarded',
    'x-forwarded-host',
    'x-original-url',
    'x-rewrite-url',
    'x-http-method-override',
    'baggage',
  ])('%s', async (name) => {
    const { server } = await door(() => ({ games: [] }))
    const ask = async (number: number) => {
      const value = name === 'forwarded' ? `for=10.9.9.${number}` : `10.9.9.${number}`
      const headers = { [name]: value, 'x-deadline-ms': '600000' }
      return (await server.inject({ method: 'GET', url: '/v1/games', headers, remoteAddress: '10.0.0.1' })).statusCode
    }
    for (let number = 1; number <= 6; number++) expect(await ask(number)).toBe(200)
    expect(await ask(7)).toBe(429)
  })
})
