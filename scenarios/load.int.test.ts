import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StartLoad } from '#chaos/engine/load.ts'
import { systemClock } from '#lib/clock.ts'
import { readLines } from '#lib/json-lines.ts'
import { pause, waitFor } from '#lib/wait.ts'
import type { HistoryLine, RequestRow } from '#reports/record/format.ts'
import { readRequests } from '#reports/record/requests.ts'
import type { Span } from '#sut/contracts/tracing.ts'
import { resolveProgram } from '#toolchain/resolve.ts'
import { fixtureSystem, type Behaviour, type FixtureSystem, type Seen } from './fixture-gateway.ts'
import { ingest } from './ingest/ingest.ts'
import { loadGenerator } from './load-generator.ts'
import { startLoad, type LoadHandle, type LoadRequest, type OperationSeen } from './run-load.ts'

// The real k6 against a real TLS server that checks what the gateway checks, and misbehaves.

const root = mkdtempSync(join(tmpdir(), 'load-'))
let k6 = ''
beforeAll(async () => {
  k6 = (await resolveProgram('k6', { progress: () => undefined })).path
}, 900_000)
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Trial extends Partial<Omit<LoadRequest, 'stages'>> {
  rate_per_s: number
  duration_s: number
  system?: (system: FixtureSystem) => void
  during?: (handle: LoadHandle, system: FixtureSystem) => Promise<void>
}

// Enough of them that a machine which stands still for a moment drops no arrival.
const players = 40

async function trial({ rate_per_s, duration_s, system: prepare, during, ...more }: Trial) {
  const folder = mkdtempSync(join(root, 'run-'))
  await using system = await fixtureSystem(folder)
  prepare?.(system)
  const stages = [{ duration_s, from_per_s: rate_per_s, to_per_s: rate_per_s }]
  const { gateways, authority_file } = system
  const common = { k6, mix: { player: 1 }, players, seed: 'test', clock: systemClock, run_id: 'run1' }
  await using handle = await startLoad({ ...common, folder, stages, gateways, authority_file, ...more })
  const live: OperationSeen[] = []
  handle.onOperation((operation) => live.push(operation))
  await during?.(handle, system)
  const end = await handle.finished
  const result = await ingest({ folder, run_id: 'run1', output_file: handle.output_file, stages, ...end })
  const torn = () => expect.fail('torn line')
  const requests: RequestRow[] = await Array.fromAsync(readRequests(join(folder, 'requests.csv'), { torn }))
  const history = await Array.fromAsync(readLines<HistoryLine>(join(folder, 'history.jsonl')))
  return { folder, end, result, requests, history, live, seen: system.seen, applied: system.applied }
}

/** Calls another behaviour for the first request of each idempotency key, or of each operation kind without one. */
const firstOfKey = (behaviour: Behaviour, kinds: readonly string[]) => (system: FixtureSystem) => {
  const known = new Set<string>()
  system.behave = ({ kind, key }: Seen) => {
    if (!kinds.includes(kind) || known.has(key)) return 'serve'
    known.add(key)
    return behaviour
  }
}

const arrivals = <Line extends { operation_id: string | number }>(lines: readonly Line[]) =>
  lines.filter(({ operation_id }) => /^i\d+$/.test(String(operation_id)))

test('signed requests are accepted; every arrival is recorded; a duplicate has one answer', async () => {
  const { end, result, requests, history, live, seen, applied } = await trial({ rate_per_s: 60, duration_s: 4 })
  expect(end.problem).toBeUndefined()
  const started = end.counts!.iterations
  expect(started).toBeGreaterThan(220) // of 240: k6 does not start any more what is late at the very end
  expect(end).toMatchObject({ exit_code: 0, counts: { dropped: 0 } })
  expect(result.planned).toBe(result.started + result.dropped)
  const beside = 1 + 5 * players // games; register, login, session and deposit of each player, and his seed in the end
  expect(result).toMatchObject({ started, unfinished: 0, ok: started + beside, fail: 0, info: 0 })
  expect(live.filter(({ arrival, outcome }) => arrival && outcome === 'ok')).toHaveLength(started)

  const nonces = seen.map(({ nonce }) => nonce).filter((nonce) => nonce !== '')
  expect(new Set(nonces).size).toBe(nonces.length)
  expect([...applied.values()].every((times) => times === 1)).toBe(true)
  expect(requests.filter(({ attempt }) => attempt === 2).length).toBeGreaterThan(2) // 5 % are sent twice at once
  expect(history.filter(({ value }) => 'duplicate' in value)).toEqual([])
  const times = history.map(({ at_ms }) => at_ms)
  expect(times).toEqual(times.toSorted((one, other) => one - other))
  const late = arrivals(requests).map(({ start_ms, planned_ms }) => Number(start_ms) - Number(planned_ms))
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
  expect(late.toSorted((one, other) => one - other)[Math.floor(late.length / 2)]).toBeLessThan(20)
  expect(JSON.stringify(history)).not.toMatch(/secret-|token-|"key-/)
})

test('the same seed gives the same operations', async () => {
  const actions = async () => {
    const { history } = await trial({ rate_per_s: 40, duration_s: 1, seed: 'again' })
    const invoked = arrivals(history).filter(({ type }) => type === 'invoke')
    const drawn = invoked.map(({ operation_id, kind, value: { stake_minor, amount_minor, client_seed } }) => ({
      number: Number(operation_id.slice(1)),
      drawn: [kind, stake_minor, amount_minor, client_seed],
    }))
    // Of 40: late ones may not come any more.
    return drawn.toSorted((one, other) => one.number - other.number).slice(0, 25)
  }
  expect(await actions()).toEqual(await actions())
})

test('an answer that is lost: again with the same key, in the other region, and applied once', async () => {
  const { result, requests, applied } = await trial({
    rate_per_s: 40,
    duration_s: 2,
    system: firstOfKey('lose', ['spin', 'deposit']),
  })
  expect(result).toMatchObject({ fail: 0, info: 0 })
  expect([...applied.values()].every((times) => times === 1)).toBe(true)
  const spins = Map.groupBy(
    arrivals(requests).filter(({ kind }) => kind === 'spin'),
    ({ operation_id }) => operation_id,
  )
  for (const attempts of spins.values()) {
    expect(attempts.some(({ status }) => status !== 200)).toBe(true)
    expect(attempts.filter(({ status }) => status === 200).length).toBe(1)
    expect(attempts.every(({ outcome }) => outcome === 'ok')).toBe(true)
  }
})

test('a system without idempotency shows in the history', async () => {
  const { history } = await trial({
    rate_per_s: 100,
    duration_s: 2,
    system: (system) => (system.behave = () => 'twice'),
  })
  const disagreeing = history.filter(({ value }) => 'duplicate' in value)
  expect(disagreeing.length).toBeGreaterThan(0)
  for (const { value } of disagreeing) {
    const id = ['round_id', 'payout_id', 'transfer_id'].find((name) => name in value)!
    expect((value['duplicate'] as Record<string, unknown>)[id]).not.toBe(value[id])
  }
})

test('players move to the other region when theirs dies, and stay there', async () => {
  const { result, requests } = await trial({
    rate_per_s: 50,
    duration_s: 4,
    players: 20,
    async during(handle, system) {
      await handle.started
      await pause(1500)
      await system.die('a')
    },
  })
  expect(result).toMatchObject({ fail: 0, info: 0 })
  const refused = requests.filter(({ error }) => error === '1212')
  expect(refused.every(({ region }) => region === 'a')).toBe(true)
  // Half of the players have their home in a. Each is turned away once, or twice when it sends a duplicate just then.
  expect(refused.length).toBeGreaterThanOrEqual(5)
  expect(refused.length).toBeLessThanOrEqual(20)
})

test('a copy that Go has sent by itself counts: the connection broke, then nobody was there to dial', async () => {
  let dying: Promise<void> | undefined
  const { history } = await trial({
    rate_per_s: 20,
    duration_s: 3,
    players: 2,
    during: async (handle, system) => {
      await handle.started
      await system.die('b') // so that both players ask a
      await pause(1000)
      system.behave = ({ kind }) => {
        if (kind !== 'spin') return 'serve'
        dying ??= system.die('a')
        return 'lose'
      }
      await handle.finished
      await dying
    },
  })
  const lost = history.filter(({ type, kind }) => kind === 'spin' && type === 'info')
  expect(lost.length).toBeGreaterThanOrEqual(1)
})

test.each<[string, Behaviour, string, string, number]>([
  ['a refusal is a fail at once', { refuse: 'stake_refused' }, 'fail', 'stake_refused', 1],
  ['shed load is tried again, and was never applied', { refuse: 'too_many_requests' }, 'fail', 'too_many_requests', 4],
  ['a service that is away may have done it', { refuse: 'unavailable' }, 'info', 'unavailable', 4],
  ['a connection that breaks may have done it', 'drop', 'info', '1000', 4],
])('%s', async (_, behaviour, outcome, code, attempts) => {
  const { history, requests, end } = await trial({
    rate_per_s: 10,
    duration_s: 1,
    system: (system) => (system.behave = ({ kind }) => (kind === 'spin' ? behaviour : 'serve')),
  })
  expect(end.problem).toBeUndefined()
  const spins = history.filter(({ kind, type }) => kind === 'spin' && type !== 'invoke')
  expect(spins.length).toBeGreaterThan(4)
  for (const spin of spins) {
    expect(spin).toMatchObject({ type: outcome, value: { code } })
    const sent = requests.filter(({ operation_id }) => operation_id === spin.operation_id)
    expect([attempts, attempts + 1]).toContain(sent.length) // one more: the first was sent twice
  }
})

test('silence ends with the time-out of the attempt', async () => {
  const { requests, history } = await trial({
    rate_per_s: 10,
    duration_s: 1,
    client: { attempt_timeout_ms: 200 },
    system: firstOfKey('hang', ['spin']),
  })
  expect(history.filter(({ type }) => type === 'info')).toEqual([])
  const silent = requests.filter(({ error }) => error === '1050')
  expect(silent.length).toBeGreaterThan(4)
  for (const { duration_ms, status } of silent) {
    expect(status).toBe(0)
    expect(duration_ms).toBeGreaterThanOrEqual(199)
    expect(duration_ms).toBeLessThan(600)
  }
})

test('a token is renewed before it ends, and taken anew when it is refused', async () => {
  const { history, result } = await trial({
    rate_per_s: 40,
    duration_s: 4,
    system: (system) => (system.tokenLife_s = 1),
  })
  expect(result).toMatchObject({ fail: 0, info: 0 })
  const refreshed = history.filter(({ kind, type }) => kind === 'refresh' && type === 'ok')
  for (const end of ['-renew-refresh', '-login-refresh'])
    expect(refreshed.filter(({ operation_id }) => operation_id.endsWith(end)).length).toBeGreaterThan(0)
})

test.each(['session_ended', 'reality_check_due'] as const)('a session is opened anew after %s', async (code) => {
  const spins = new Set<string>()
  const { history } = await trial({
    rate_per_s: 20,
    duration_s: 2,
    players: 2,
    system: (system) =>
      (system.behave = ({ kind, key }) => {
        if (kind === 'spin') spins.add(key)
        return [...spins].indexOf(key) === 3 ? { refuse: code } : 'serve'
      }),
  })
  const failed = history.filter(({ type }) => type === 'fail')
  expect(failed).toMatchObject([{ kind: 'spin', value: { code } }])
  expect(history.filter(({ operation_id, type }) => operation_id.endsWith('-session') && type === 'ok')).toHaveLength(3)
})

test('dropped arrivals: as many as k6 counts, when two players cannot serve all', async () => {
  const { end, result, requests } = await trial({
    rate_per_s: 25,
    duration_s: 4,
    players: 2,
    system: (system) => (system.behave = ({ kind }) => (kind === 'login' ? 'serve' : { slow_ms: 200 })),
  })
  expect(end.counts!.dropped).toBeGreaterThan(20)
  const late_at_end = result.dropped - end.counts!.dropped // not even dropped by k6, which had no time for them
  expect(late_at_end).toBeGreaterThanOrEqual(0)
  expect(late_at_end).toBeLessThan(10)
  expect([98, 99, 100]).toContain(result.planned) // what is due in the last 50 ms may come or not
  expect(result.started).toBe(end.counts!.iterations)
  expect(requests.filter(({ dropped }) => dropped === 1)).toHaveLength(result.dropped)
  const late = arrivals(requests).map(({ start_ms, planned_ms }) => Number(start_ms) - Number(planned_ms))
  expect(Math.max(...late)).toBeLessThan(200) // dropped at once, so what starts starts at its time
})

test('a stop lets operations end that are under way, and nothing is planned after it', async () => {
  let asked_ms = 0
  let stopped_ms = 0
  const { end, result, history } = await trial({
    rate_per_s: 20,
    duration_s: 600,
    system: (system) => (system.behave = ({ kind }) => (kind === 'spin' ? { slow_ms: 600 } : 'serve')),
    async during(handle) {
      await handle.started
      await pause(2000)
      asked_ms = performance.now()
      await Promise.all([handle.stop(), handle.stop()])
      stopped_ms = performance.now()
    },
  })
  expect(end.problem).toBeUndefined()
  expect(stopped_ms - asked_ms).toBeLessThan(3000)
  expect(result).toMatchObject({ unfinished: 0, info: 0, fail: 0, dropped: 0 })
  expect(result.started + result.skipped).toBe(end.counts!.iterations)
  const after = history.filter(({ type, at_ms }) => type === 'ok' && at_ms > end.stop_asked_ms!)
  expect(after.length).toBeGreaterThan(0)
})

test('a stop that takes too long is forced, and said', async () => {
  const { end, result, history } = await trial({
    rate_per_s: 20,
    duration_s: 600,
    client: { attempt_timeout_ms: 60_000 },
    drain_limit_ms: 500,
    system: (system) => (system.behave = ({ kind }) => (kind === 'spin' ? 'hang' : 'serve')),
    async during(handle, { seen }) {
      await waitFor(() => seen.some(({ kind }) => kind === 'spin'), { what: 'a spin', limit_ms: 20_000 })
      await handle.stop()
    },
  })
  expect(end).toMatchObject({ exit_code: null, counts: null })
  expect(end.problem).toMatch(/had to be killed.*operations under way/)
  expect(result.unfinished).toBeGreaterThan(0)
  expect(history.at(-1)).toMatchObject({ type: 'info', value: { code: 'unfinished' } })
})

test('every request carries the trace of its operation; those that are sampled are the roots of the traces of the record', async () => {
  const { folder, seen, history } = await trial({
    rate_per_s: 20,
    duration_s: 3,
    client: { trace_share: 0.25, attempt_timeout_ms: 300 },
    trace_key: 'key of the traces',
    system: firstOfKey('hang', ['spin']),
  })
  for (const { traceparent, tracestate } of seen) {
    const [, trace_id = '', flag] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-0([01])$/.exec(traceparent) ?? []
    const proof = createHmac('sha256', 'key of the traces').update(trace_id).digest('hex')
    expect(tracestate).toBe(flag === '1' ? `slot=${proof}` : '')
  }
  const keyed = seen.filter(({ key }) => key !== '')
  for (const requests of Map.groupBy(keyed, ({ key }) => key).values())
    expect(new Set(requests.map(({ traceparent }) => traceparent)).size).toBe(1)
  const spans = await Array.fromAsync(readLines<Span>(join(folder, 'traces.jsonl')))
  const sampled = new Set(seen.map(({ traceparent }) => traceparent).filter((header) => header.endsWith('-01')))
  expect(new Set(spans.map(({ trace_id, span_id }) => `00-${trace_id}-${span_id}-01`))).toEqual(sampled)
  const operations = new Set(history.map(({ operation_id }) => operation_id))
  expect(sampled.size > 5 && sampled.size < operations.size / 2).toBe(true)
  for (const { attributes } of spans) expect(operations).toContain(attributes['slot.operation.id'])
})

// The shape of the generator is what the engine asks for.
const engineLoad = (): StartLoad => loadGenerator({ k6, clock: systemClock })

function engineRequest(folder: string, system: FixtureSystem, operations: unknown[]): Parameters<StartLoad>[0] {
  return {
    folder,
    mix: { player: 1 },
    accounts_file: '/dev/null',
    trace_key_file: '/dev/null',
    profile: 'steady',
    rate_per_s: 20,
    players: 4,
    duration_s: 600,
    seed: 'test',
    gateways: system.gateways,
    authority_file: system.authority_file,
    operation: (operation) => operations.push(operation),
    guard: () => Promise.resolve(),
    progress: () => undefined,
    signal: new AbortController().signal,
  }
}

test('the engine starts a load, watches it, stops it, and finds the record', async () => {
  const folder = mkdtempSync(join(root, 'run-'))
  await using system = await fixtureSystem(folder)
  const operations: unknown[] = []
  await using load = await engineLoad()(engineRequest(folder, system, operations))
  expect(Math.abs(load.started_at_ms - systemClock.wall_ms())).toBeLessThan(3000)
  expect(load.schedule[0]).toEqual({ duration_s: load.warm_up_s, from_per_s: 0, to_per_s: 20 })
  await waitFor(() => operations.length > 10, { what: 'operations', limit_ms: 20_000 })
  await load.stop()
  await load.ended
  const requests = await Array.fromAsync(
    readRequests(join(folder, 'requests.csv'), { torn: () => expect.fail('torn line') }),
  )
  expect(new Set(arrivals(requests).map(({ operation_id }) => operation_id)).size).toBe(operations.length)
})

test('when k6 dies the load says so, and the record holds what came so far', async () => {
  const folder = mkdtempSync(join(root, 'run-'))
  await using system = await fixtureSystem(folder)
  let pid = 0
  const guard = (of: number) => Promise.resolve(void (pid = of))
  await using load = await engineLoad()({ ...engineRequest(folder, system, []), guard })
  process.kill(pid, 'SIGKILL')
  await expect(load.ended).rejects.toThrow('k6 was killed')
  expect(await Array.fromAsync(readLines(join(folder, 'history.jsonl')))).not.toEqual([])
})

test('players that cannot get in, a missing program, Ctrl-C while they come in: one clear error, nothing left', async () => {
  const folder = mkdtempSync(join(root, 'run-'))
  await using system = await fixtureSystem(folder)
  const request = engineRequest(folder, system, [])
  system.behave = ({ kind }) => (kind === 'login' ? { refuse: 'unauthenticated' } : 'serve')
  await expect(engineLoad()(request)).rejects.toThrow(/the load did not start: .*p\d-\w+ could not log in/)

  const missing = loadGenerator({ k6: join(folder, 'k6'), clock: systemClock })
  await expect(missing(request)).rejects.toThrow(/the load did not start: .*ENOENT/)

  system.behave = () => 'hang'
  const reason = new Error('Ctrl-C')
  const abort = new AbortController()
  let pid = 0
  const guard = (of: number) => Promise.resolve(void (pid = of)).then(() => abort.abort(reason))
  await expect(engineLoad()({ ...request, guard, signal: abort.signal })).rejects.toBe(reason)
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})
