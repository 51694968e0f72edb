import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import type { CallName } from '#sut/contracts/calls.ts'
import type { ServiceName } from '#sut/contracts/descriptor.ts'
import { Problem } from '#sut/contracts/problems.ts'
import { callExchange } from './exchange.ts'
import { loadMeter } from './load-meter.ts'
import type { CallHandler } from './platform.ts'
import { prometheusMetrics } from './prometheus.ts'
import { currentTrace, newTrace, withTrace } from './trace.ts'

// The same promises as over the network (calls.int.test.ts), kept within one process.

const clock = systemClock
const balance = { balance_minor: 5, version: 1 }
const transfer = { key: 'key-1', kind: 'deposit' as const, player_id: 'p', amount_minor: 5 }

function process() {
  const exchange = callExchange()
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => void lines.push(line) })
  const member = (service: ServiceName) => {
    const metrics = prometheusMetrics({ service })
    const meter = loadMeter(clock, () => 0)
    const calling = exchange.join({ service, clock, metrics, meter, log })
    return { ...calling, metrics, meter }
  }
  return { member, lines }
}
const soon = (patience_ms = 1000): number => clock.monotonic_ms() + patience_ms
function pair<Name extends CallName>(name: Name, handler: CallHandler<Name>, caller: ServiceName = 'gateway') {
  const { member, lines } = process()
  const callee = member(name.split('.')[0] as ServiceName)
  callee.serve(name, handler)
  return { caller: member(caller), callee, lines }
}

test('a call reaches its handler with the caller, the values of the path, and the time that is left', async () => {
  const seen = vi.fn<CallHandler<'wallet.balance'>>(async () => balance)
  const { caller, callee } = pair('wallet.balance', seen)
  const deadline_ms = soon()
  expect(await caller.call('wallet.balance', { params: { id: 'p/1' }, query: { at: '7' }, deadline_ms })).toEqual(
    balance,
  )
  const [request] = seen.mock.calls[0]!
  expect(request).toMatchObject({ caller: 'gateway', params: { id: 'p/1' }, query: { at: '7' }, body: undefined })
  expect(Math.abs(request.deadline_ms - deadline_ms)).toBeLessThan(50)
  expect(await caller.metrics.registry.metrics()).toMatch(/call_duration_seconds_count\{.*code="ok"\} 1/)
  expect(await callee.metrics.registry.metrics()).toMatch(
    /http_request_duration_seconds_count\{.*route="\/accounts\/:id",code="200"\} 1/,
  )
  expect(callee.meter.read()).toMatchObject({ requests_total: 1, in_flight: 0 })
})

test('a caller that the contract does not admit is refused, and the handler not asked', async () => {
  const handler = vi.fn(async () => balance)
  const { caller } = pair('wallet.balance', handler, 'catalog')
  await expect(caller.call('wallet.balance', { params: { id: 'p' }, deadline_ms: soon() })).rejects.toMatchObject({
    code: 'forbidden',
    message: 'wallet.balance does not admit catalog',
  })
  expect(handler).not.toHaveBeenCalled()
})

test('a body that does not fit is refused with every violation, and one that is too large or missing as well', async () => {
  const handler = vi.fn(async () => ({ transfer_id: 't', ...balance, replayed: false }))
  const { caller } = pair('wallet.transfer', handler)
  const send = (body: unknown) => caller.call('wallet.transfer', { body: body as never, deadline_ms: soon() })
  const wrong = send({ key: '', kind: 'gift', player_id: 'p', amount_minor: 0 })
  await expect(wrong).rejects.toMatchObject({ code: 'malformed' })
  await expect(wrong).rejects.toThrow(/key.*kind.*amount_minor/)
  await expect(send(undefined)).rejects.toMatchObject({ code: 'malformed' })
  await expect(send({ ...transfer, more: 'x'.repeat(70_000) })).rejects.toThrow('too large')
  expect(handler).not.toHaveBeenCalled()
  await send(transfer)
  expect(handler).toHaveBeenCalledOnce()
})

test('a call ends at its deadline, with the handler told; one without time, or that is given up, at once', async () => {
  let told: AbortSignal | undefined
  const { caller } = pair('wallet.balance', ({ signal }) => {
    told = signal
    return new Promise(() => {})
  })
  const ask = (deadline_ms: number, signal?: AbortSignal) =>
    caller.call('wallet.balance', { params: { id: 'p' }, deadline_ms, ...(signal && { signal }) })
  const begun = performance.now()
  await expect(ask(soon(100))).rejects.toMatchObject({ code: 'deadline_exceeded' })
  expect(performance.now() - begun).toBeLessThan(1000)
  expect(told?.aborted).toBe(true)
  await expect(ask(soon(-1))).rejects.toThrow('no time left for wallet.balance')
  await expect(ask(soon(60_000), AbortSignal.timeout(20))).rejects.toThrow('the caller gave up')
  await expect(ask(soon(60_000), AbortSignal.abort())).rejects.toThrow('the caller gave up')
})

test('a problem passes through as it was said, without its cause; what is no problem is hidden, and logged once', async () => {
  const refused = new Problem('not_found', 'no account', { cause: new Error('password=1') })
  const one = pair('wallet.balance', () => Promise.reject(refused))
  const ask = ({ caller }: Pick<ReturnType<typeof pair>, 'caller'>) =>
    caller.call('wallet.balance', { params: { id: 'p' }, deadline_ms: soon() })
  const passed = await ask(one).catch((error: unknown) => error)
  expect(passed).toMatchObject({ code: 'not_found', message: 'no account' })
  expect(passed).not.toHaveProperty('cause')
  expect(one.lines).toEqual([])
  expect(await one.callee.metrics.registry.metrics()).toMatch(/http_request_duration_seconds_count\{.*code="404"\} 1/)

  const other = pair('wallet.balance', () => Promise.reject(new Error('password=1')))
  await expect(ask(other)).rejects.toMatchObject({ code: 'internal', message: 'internal error' })
  expect(other.lines).toHaveLength(1)
})

test('nothing is shared: body and answer are copies, and an answer has what its contract names', async () => {
  const kept: unknown[] = []
  const answer = { ...balance, secret: 'x' }
  const { caller } = pair('wallet.transfer', async ({ body }) => {
    kept.push(body)
    return { transfer_id: 't', replayed: false, ...answer }
  })
  const body = { ...transfer }
  const got = await caller.call('wallet.transfer', { body, deadline_ms: soon() })
  body.amount_minor = 7
  expect(kept).toEqual([transfer])
  expect(got).toEqual({ transfer_id: 't', replayed: false, ...balance })
  const wrong = pair('wallet.balance', async () => ({ version: 1 }) as never)
  const asked = wrong.caller.call('wallet.balance', { params: { id: 'p' }, deadline_ms: soon() })
  await expect(asked).rejects.toMatchObject({ code: 'internal' })
})

test('what is not served is unavailable: before it is wired, and from its stop on', async () => {
  const { member } = process()
  const [wallet, gateway] = [member('wallet'), member('gateway')]
  const ask = () => gateway.call('wallet.balance', { params: { id: 'p' }, deadline_ms: soon() })
  await expect(ask()).rejects.toMatchObject({ code: 'unavailable' })
  wallet.serve('wallet.balance', async () => balance)
  expect(await ask()).toEqual(balance)
  await gateway.close()
  expect(await ask()).toEqual(balance)
  await wallet.close()
  await expect(ask()).rejects.toMatchObject({ code: 'unavailable' })
})

test('a path that no value fills, or one that the router would not look at, is no route', async () => {
  const { caller } = pair('wallet.balance', async () => balance)
  const ask = (params: Record<string, string>) => caller.call('wallet.balance', { params, deadline_ms: soon() })
  for (const params of [{}, { id: '' }, { id: 'x'.repeat(201) }])
    await expect(ask(params)).rejects.toMatchObject({ code: 'not_found' })
})

test('more than the process could answer in time is refused at once', async () => {
  const gate = Promise.withResolvers<typeof balance>()
  const { caller } = pair('wallet.balance', () => gate.promise)
  const ask = () => caller.call('wallet.balance', { params: { id: 'p' }, deadline_ms: soon(10_000) })
  const all = Array.from({ length: 500 }, ask)
  await expect(ask()).rejects.toMatchObject({ code: 'unavailable', message: 'too many requests are under way' })
  gate.resolve(balance)
  expect(await Promise.all(all)).toHaveLength(500)
  expect(await ask()).toEqual(balance)
})

test('the trace goes on in the callee with a hop of its own, and the caller keeps its own', async () => {
  let seen = newTrace(false)
  const { caller } = pair('wallet.balance', async ({ trace }) => {
    seen = trace
    expect(currentTrace()).toBe(trace)
    return balance
  })
  const own = newTrace(false)
  await withTrace(own, async () => {
    await caller.call('wallet.balance', { params: { id: 'p' }, deadline_ms: soon() })
    expect(currentTrace()).toBe(own)
  })
  expect(seen.trace_id).toBe(own.trace_id)
  expect(seen.span_id).not.toBe(own.span_id)
})
