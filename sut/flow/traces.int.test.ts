import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:https'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import type { DumpLine } from '#sut/contracts/state.ts'
import type { Span } from '#sut/contracts/tracing.ts'
import { playerClient } from './player.ts'
import { startTestSystem, type TestSystem } from './system.ts'

let system: TestSystem
let player: ReturnType<typeof playerClient>
beforeAll(async () => {
  system = await startTestSystem()
  player = playerClient(system.url)
})
afterAll(async () => {
  await player.close()
  await system[Symbol.asyncDispose]()
})

async function spansOf(trace_id: string): Promise<Span[]> {
  const lines = (await system.ask('telemetry', '/dump')).split('\n').filter((line) => line !== '')
  const state = lines.map((line) => JSON.parse(line) as DumpLine)
  return state.flatMap((line) => (line.kind === 'span' && line.span.trace_id === trace_id ? [line.span] : []))
}

/** Two hex identifiers of a client, as k6 makes them. */
const proofOf = (trace_id: string): string =>
  `slot=${createHmac('sha256', system.trace_key).update(trace_id).digest('hex')}`
const hex = (digits: number): string => newId().replaceAll('-', '').slice(0, digits)

test('a sampled spin is one tree of spans, from the door to the stores and through its events; one that is not sampled is none', async () => {
  await player.send('register', { name: 'ada', password: 'correct horse' })
  await player.logIn('ada', 'correct horse')
  const { games } = (await player.send<{ games: { game_id: string }[] }>('games')).body
  const { session_id } = (await player.send<{ session_id: string }>('open_session', games[0])).body
  await player.send('deposit', { amount_minor: 10_000 }, 'deposit-ada-1')

  const [sampled, other] = [hex(32), hex(32)]
  const [root, other_root] = [hex(16), hex(16)]
  const stake = { session_id, stake_minor: 100, client_seed: 'mine' }
  player.trace(`00-${other}-${other_root}-00`)
  expect((await player.send('spin', stake, 'spin-number-one')).status).toBe(200)
  player.trace(`00-${sampled}-${root}-01`, proofOf(sampled))
  expect((await player.send('spin', stake, 'spin-number-two')).status).toBe(200)
  player.trace(undefined)

  const reached = (spans: Span[]): boolean =>
    ['telemetry', 'analytics'].every((service) =>
      spans.some((each) => each.service === service && each.span_kind === 'consumer'),
    )
  await waitFor(async () => reached(await spansOf(sampled)), {
    what: 'the spans of the spin',
    limit_ms: 20_000,
    every_ms: 200,
  })
  const spans = await spansOf(sampled)

  const known = new Set([root, ...spans.map(({ span_id }) => span_id)])
  expect(spans.filter(({ parent_id }) => parent_id === null || !known.has(parent_id))).toEqual([])
  expect(known.size).toBe(spans.length + 1)
  for (const { start_ms, end_ms } of spans) expect(end_ms).toBeGreaterThanOrEqual(start_ms)

  const pathTo = (span: Span): string[] => {
    const parent = spans.find(({ span_id }) => span_id === span.parent_id)
    return [...(parent === undefined ? [] : pathTo(parent)), `${span.service} ${span.name}`]
  }
  const paths = spans.map((each) => pathTo(each).join(' > '))
  const door = 'gateway POST /v1/spins > gateway POST /rounds > game POST /rounds'
  const transferred = `${door} > game POST /transfers > wallet POST /transfers`
  for (const path of [
    'gateway POST /v1/spins > gateway SET',
    `${door} > game POST /sessions/:id/check > session POST /sessions/:id/check`,
    `${transferred} > wallet wallet-transfer-traced`,
    `${transferred} > wallet send EVENTS > analytics process EVENTS`,
    `${transferred} > wallet send EVENTS > telemetry process EVENTS > telemetry send LOG`,
    `${door} > game send EVENTS > analytics process EVENTS`,
  ])
    expect(paths).toContain(path)
  const text = JSON.stringify(spans)
  for (const secret of ['correct horse', system.staff.operator, 'Bearer', 'spin-number-two'])
    expect(text).not.toContain(secret)

  expect(await spansOf(other)).toEqual([])
  expect(await system.ask('gateway', '/metrics')).toMatch(/^trace_spans_total\{.*\} [1-9]/m)
})

test('a body that comes long after its headers does not lose the trace of its request', async () => {
  const [trace_id, root] = [hex(32), hex(16)]
  const body = JSON.stringify({ name: 'grace', password: 'correct horse' })
  const sending = request(`${system.url}/v1/players`, {
    method: 'POST',
    rejectUnauthorized: false,
    headers: {
      'content-type': 'application/json',
      'content-length': body.length,
      expect: '100-continue',
      traceparent: `00-${trace_id}-${root}-01`,
      tracestate: proofOf(trace_id),
    },
  })
  sending.flushHeaders()
  await once(sending, 'continue') // the server has begun with the request
  sending.end(body)
  const [answer] = (await once(sending, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }]
  expect([answer.statusCode, await json(answer)]).toMatchObject([201, { player_id: expect.any(String) as string }])
  await waitFor(async () => (await spansOf(trace_id)).some(({ service }) => service === 'gateway'), {
    what: 'the spans of the request',
    limit_ms: 20_000,
    every_ms: 200,
  })
  const services = (await spansOf(trace_id))
    .filter(({ span_kind }) => span_kind === 'server')
    .map(({ service }) => service)
  expect(services.toSorted()).toEqual(['gateway', 'identity'])
})

test('a client without the key has nothing recorded, whatever it sends, and cannot fill the stream', async () => {
  const forced = Array.from({ length: 200 }, () => hex(32))
  const spans = async (): Promise<number> =>
    Number(/^trace_spans_total\{.*\} (\d+)/m.exec(await system.ask('gateway', '/metrics'))?.[1] ?? 0)
  const before = await spans()
  for (const trace_id of forced) {
    player.trace(`00-${trace_id}-${hex(16)}-01`, `slot=${'0'.repeat(64)}`)
    expect((await player.send('games')).status).toBe(200)
  }
  player.trace(undefined)
  for (const trace_id of forced.slice(0, 20)) expect(await spansOf(trace_id)).toEqual([])
  // By its own share the gateway records two of 200, with a span or two each.
  expect((await spans()) - before).toBeLessThan(60)
})
