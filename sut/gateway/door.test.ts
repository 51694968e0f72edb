import { Validator } from '@seriousme/openapi-schema-validator'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { publicRoutes } from '#sut/contracts/api.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { payoutLasts_ms } from './payout-operations.ts'
import { closeDoors, door, refresh_token, signed, signing_key, spun, stake, token } from './testing/door.ts'

afterEach(closeDoors)

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
})
