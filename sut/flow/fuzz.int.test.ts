import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/random.ts'
import {
  admittedRoles,
  idempotencyHeader,
  publicRoutes,
  signatureHeaders,
  type LoggedIn,
  type OperationKind,
  type PayoutAsked,
  type SpinResult,
} from '#sut/contracts/api.ts'
import type { Role } from '#sut/contracts/roles.ts'
import { signatureOf } from '#sut/gateway/signature.ts'
import { playerClient } from './player.ts'
import { startTestSystem, type TestSystem } from './system.ts'

// Requests made out of the OpenAPI document that the gateway serves, well-formed ones and others, to the whole system. Whatever is
// sent: the answer is one that the document names, of the shape that it names, and never a fault of ours.

interface Schema {
  type?: string
  const?: unknown
  minLength?: number
  maxLength?: number
  pattern?: string
  minimum?: number
  maximum?: number
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
}
type Content = Record<'application/json', { schema: object }>
interface Operation {
  operationId: OperationKind
  parameters?: { name: string; in: string; schema: Schema }[]
  requestBody?: { content: { 'application/json': { schema: Schema } } }
  responses: Record<string, { content: Content }>
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components: object
}

const runs = 250
/** One player may ask 300 times in ten seconds; beyond that every answer would be the same refusal. */
const requests_a_player = 100

let system: TestSystem
let document: Document
/** As many addresses as there are on Linux' loopback: from one the gateway would not hear so much abuse. */
const addresses =
  process.platform === 'linux' ? Array.from({ length: 20 }, (_, index) => `127.0.0.${index + 2}`) : ['127.0.0.1']
const dispatchers = addresses.map((localAddress) => new Agent({ localAddress, connect: { rejectUnauthorized: false } }))

let sent = 0
beforeAll(async () => {
  system = await startTestSystem()
  const answer = await request(`${system.url}/v1/openapi.json`, { dispatcher: dispatchers[0]! })
  document = (await answer.body.json()) as Document
})
afterAll(async () => {
  await Promise.all(dispatchers.map((each) => each.close()))
  await system[Symbol.asyncDispose]()
})

const operationOf = (kind: OperationKind): Operation =>
  document.paths[publicRoutes[kind].path]![publicRoutes[kind].method.toLowerCase()]!

/** Stands for something that exists for the player who sends it; filled in before it is signed. */
const existing: Record<string, string> = {
  game_id: '@game',
  session_id: '@session',
  round_id: '@round',
  payout_id: '@payout',
  player_id: '@player',
}

/** What fits the schema, of the few forms that ours have. */
function fitting(schema: Schema): fc.Arbitrary<unknown> {
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER, minLength = 0, maxLength = 200 } = schema
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(fitting))
  if (schema.type === 'null') return fc.constant(null)
  if (schema.type === 'integer') {
    // Small ones too: most of the others are a stake above its limit, or more than the player has.
    const small = fc.integer({ min: minimum, max: Math.min(maximum, minimum + 1_000) })
    return fc.oneof(small, fc.integer({ min: minimum, max: maximum }))
  }
  if (schema.type === 'object')
    return fc.record(
      Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, of]) => [key, orExisting(key, of)])),
    )
  if (schema.type === 'string' && schema.pattern === undefined)
    return fc.oneof(
      { weight: 7, arbitrary: fc.string({ minLength, maxLength, unit: 'grapheme' }) },
      // What JSON can say and a store cannot keep.
      {
        weight: 1,
        arbitrary: fc.string({ minLength, maxLength, unit: fc.constantFrom('a', '\0', '\ud800', '\udfff') }),
      },
    )
  if (schema.type === 'string')
    return fc
      .stringMatching(new RegExp(schema.pattern!))
      .filter(({ length }) => length >= minLength && length <= maxLength)
  throw new Error(`no values for ${JSON.stringify(schema)}`)
}

const orExisting = (key: string, schema: Schema): fc.Arbitrary<unknown> =>
  key in existing
    ? fc.oneof({ weight: 3, arbitrary: fc.constant(existing[key]) }, { weight: 1, arbitrary: fitting(schema) })
    : fitting(schema)

/** A body as text: of the right shape, of a shape near it, any JSON, no JSON, too long. */
function bodies(schema: Schema | undefined): fc.Arbitrary<string> {
  const any = fc.oneof(fc.json(), fc.string({ maxLength: 50 }), fc.constant('{"__proto__":{"a":1}}'), fc.constant(''))
  if (schema === undefined) return fc.oneof({ weight: 3, arbitrary: fc.constant('') }, any)
  const right = fitting(schema) as fc.Arbitrary<Record<string, unknown>>
  const near = fc
    .tuple(right, fc.constantFrom(...Object.keys(schema.properties ?? {})), fc.option(fc.jsonValue()))
    .map(([body, key, value]) => ({ ...body, [key]: value === null ? undefined : value }))
  return fc.oneof(
    { weight: 4, arbitrary: right.map((body) => JSON.stringify(body)) },
    { weight: 3, arbitrary: near.map((body) => JSON.stringify(body)) },
    { weight: 2, arbitrary: any },
    { weight: 1, arbitrary: right.map((body) => JSON.stringify({ ...body, more: 'x'.repeat(20_000) })) },
  )
}

/** The path with values in it, and a query: right ones, others, and none. */
function paths(template: string, { parameters = [] }: Operation): fc.Arbitrary<string> {
  const wild = fc.string({ minLength: 1, maxLength: 80 }).map((text) => encodeURIComponent(text.toWellFormed()))
  const valueOf = (name: string, schema: Schema): fc.Arbitrary<string> => {
    const right = (fitting(schema) as fc.Arbitrary<string>).map(encodeURIComponent)
    const known = name in existing ? [{ weight: 3, arbitrary: fc.constant(existing[name]!) }] : []
    return fc.oneof(...known, { weight: 3, arbitrary: right }, { weight: 1, arbitrary: wild })
  }
  const places = parameters.filter((parameter) => parameter.in === 'path' || parameter.in === 'query')
  const values = fc.tuple(...places.map(({ name, schema }) => fc.option(valueOf(name, schema), { freq: 4 })))
  return values.map((chosen) => {
    const given = places.flatMap((place, index) => (chosen[index] == null ? [] : [{ ...place, value: chosen[index] }]))
    const query = given.filter((each) => each.in === 'query').map(({ name, value }) => `${name}=${value}`)
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      return given.find((each) => each.in === 'path' && each.name === name)?.value ?? existing[name]!
    })
    return query.length === 0 ? path : `${path}?${query.join('&')}`
  })
}

const headerText = fc.string({ maxLength: 300 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '').trim())
const credentials = ['right', 'right', 'right', 'none', 'forged', 'tampered', 'skewed', 'noise'] as const

interface Made {
  method: string
  path: string
  body: string
  headers: Record<string, string>
}
interface Answer {
  status: number
  body: unknown
}

async function send({ method, path, body, headers }: Made): Promise<Answer> {
  const answer = await request(system.url + path, {
    method: method as 'GET',
    headers,
    dispatcher: dispatchers[sent++ % dispatchers.length]!,
    ...(body === '' ? {} : { body }),
  })
  return { status: answer.statusCode, body: await answer.body.json() }
}

function signed(made: Made, holder: LoggedIn, how: (typeof credentials)[number], noise: string): Made {
  if (how === 'none') return made
  const timestamp = String(Math.floor(systemClock.wall_ms()) - (how === 'skewed' ? 120_000 : 0))
  const nonce = how === 'noise' ? noise : newId()
  const { method, path, body } = made
  const key = made.headers[idempotencyHeader]
  const covered = { method, path, body: how === 'tampered' ? `${body} ` : body, key, region: 'a' }
  return {
    ...made,
    headers: {
      ...made.headers,
      authorization: `Bearer ${how === 'forged' ? `${holder.token}x` : holder.token}`,
      [signatureHeaders.timestamp]: how === 'noise' ? noise : timestamp,
      [signatureHeaders.nonce]: nonce,
      [signatureHeaders.signature]: signatureOf(holder.signing_key, covered, timestamp, nonce),
    },
  }
}

/** Throws what is wrong with an answer: a fault of ours, a status that the document does not name, another shape. */
function judge(validators: Map<string, ValidateFunction>, made: Made, { status, body }: Answer): void {
  const said = `${made.method} ${made.path} ${JSON.stringify(made.headers)} ${made.body.slice(0, 200)}`
  if (status >= 500) throw new Error(`${status} ${JSON.stringify(body)} for ${said}`)
  const valid = validators.get(String(status))
  if (valid === undefined) throw new Error(`status ${status} is not in the document: ${said}`)
  if (!valid(body)) throw new Error(`${JSON.stringify(valid.errors)} in ${JSON.stringify(body)} for ${said}`)
}

function validatorsOf({ responses }: Operation): Map<string, ValidateFunction> {
  const ajv = new Ajv2020({ strict: false })
  return new Map(
    Object.entries(responses).map(([status, { content }]) => [
      status,
      ajv.compile({ ...content['application/json'].schema, components: document.components }),
    ]),
  )
}

interface Someone extends LoggedIn {
  game_id: string
  session_id: string
  round_id: string
  payout_id: string
}
/** A player with money, a session, a round and a payout that is asked for; with another role it is that one's token, beside the player. */
async function someone(role: Role = 'player'): Promise<Someone> {
  const client = playerClient(system.url)
  const name = newId()
  await client.send('register', { name, password: 'correct horse' })
  const holder = await client.logIn(name, 'correct horse')
  const { games } = (await client.send<{ games: { game_id: string }[] }>('games')).body
  const { game_id } = games[0]!
  const { session_id } = (await client.send<{ session_id: string }>('open_session', { game_id })).body
  await client.send('deposit', { amount_minor: 1_000_000 }, newId())
  const stake = { session_id, stake_minor: 1, client_seed: 'seed' }
  const { round_id } = (await client.send<SpinResult>('spin', stake, newId())).body
  const { payout_id } = (await client.send<PayoutAsked>('ask_payout', { amount_minor: 500 }, newId())).body
  const token = role === 'player' ? holder : await client.logIn(role, system.staff[role])
  await client.close()
  return { ...token, game_id, session_id, round_id, payout_id, player_id: holder.player_id }
}

describe('whatever is sent is answered as the document says', () => {
  test.each(Object.keys(publicRoutes) as OperationKind[])('%s', { timeout: 180_000 }, async (kind) => {
    const { method, path, signed: needsToken, status } = publicRoutes[kind]
    const operation = operationOf(kind)
    const validators = validatorsOf(operation)
    const keySchema = operation.parameters?.find(({ name }) => name === 'idempotency-key')?.schema
    const key =
      keySchema === undefined ? fc.constant('') : fc.oneof(fitting(keySchema) as fc.Arbitrary<string>, headerText)
    const content = operation.requestBody?.content['application/json'].schema
    const type = fc.constantFrom('application/json', 'application/json', 'application/json', 'text/plain', '')
    const seen = new Set<number>()
    const [role] = admittedRoles[kind] ?? ['player' as const]
    let holder = await someone(role)
    let requests = 0
    await fc.assert(
      fc.asyncProperty(
        paths(path, operation),
        bodies(content),
        key,
        type,
        fc.constantFrom(...credentials),
        headerText,
        async (path_text, body_text, key_text, type_text, how, noise) => {
          if (++requests % requests_a_player === 0) holder = await someone(role)
          const filled = (text: string): string =>
            text
              .replaceAll('@game', holder.game_id)
              .replaceAll('@session', holder.session_id)
              .replaceAll('@payout', holder.payout_id)
              .replaceAll('@round', holder.round_id)
              .replaceAll('@player', holder.player_id)
          const body = filled(body_text)
          const headers = {
            ...(key_text === '' ? {} : { 'idempotency-key': key_text }),
            ...(type_text === '' || body === '' ? {} : { 'content-type': type_text }),
          }
          const plain = { method, path: filled(path_text), body, headers }
          const made = needsToken ? signed(plain, holder, how, noise) : plain
          const answer = await send(made)
          seen.add(answer.status)
          judge(validators, made, answer)
        },
      ),
      { numRuns: runs, seed: 20261125, endOnFailure: true },
    )
    // Else nothing but the door has been tried. Nobody guesses a password or a refresh token.
    if (kind !== 'login' && kind !== 'refresh') expect([...seen]).toContain(status)
    if (needsToken) expect([...seen]).toContain(401)
  })

  test('a path and a method that nobody knows', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'])
      for (const path of ['/v1/nothing', '/v1/balance/x', '/', '/v1/%00', '/v1/..%2f..%2fetc'])
        expect(await send({ method, path, body: '', headers: {} })).toMatchObject({
          status: 404,
          body: { code: 'not_found' },
        })
  })
})

test('a token opens the routes of its role, and no other', async () => {
  const holders = { player: await someone(), operator: await someone('operator'), auditor: await someone('auditor') }
  const routes = Object.entries(publicRoutes).filter(([kind, route]) => route.signed && kind !== 'logout')
  expect(routes.length).toBeGreaterThan(6)
  for (const [kind, { method, path }] of routes)
    for (const [role, holder] of Object.entries(holders)) {
      const made: Made = { method, path: path.replaceAll(/\{\w+\}/g, 'nobody'), body: '', headers: {} }
      const { status, body } = await send(signed(made, holder, 'right', ''))
      const admitted = (admittedRoles[kind as OperationKind] ?? ['player']).some((each) => each === role)
      // Admitted: whatever its shape gets, as nothing has one here.
      if (admitted) expect(status, `${role} ${kind}`).not.toBe(403)
      else expect([status, body], `${role} ${kind}`).toMatchObject([403, { code: 'forbidden' }])
    }
})

test('forged, tampered, skewed and replayed requests are refused, each in its own way, and counted', async () => {
  const holder = await someone()
  const made: Made = { method: 'GET', path: '/v1/balance', body: '', headers: {} }
  const refusals = (): Promise<string> => system.ask('gateway', '/metrics')
  const countOf = async (code: string): Promise<number> =>
    Number(new RegExp(`gateway_refusals_total\\{[^}]*code="${code}"[^}]*\\} (\\d+)`).exec(await refusals())?.[1] ?? 0)
  const right = signed(made, holder, 'right', '')
  expect((await send(right)).status).toBe(200)
  for (const [request_made, status, code] of [
    [right, 401, 'request_replayed'],
    [signed(made, holder, 'forged', ''), 401, 'unauthenticated'],
    [signed(made, holder, 'tampered', ''), 401, 'signature_invalid'],
    [signed(made, holder, 'skewed', ''), 401, 'clock_skewed'],
    [signed(made, holder, 'none', ''), 401, 'unauthenticated'],
  ] as const) {
    const before = await countOf(code)
    expect(await send(request_made)).toMatchObject({ status, body: { code } })
    expect(await countOf(code)).toBe(before + 1)
  }
})
