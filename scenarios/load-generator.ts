import { readFileSync } from 'node:fs'
import type { Clock } from '#lib/clock.ts'
import { Failure, textOf } from '#lib/errors.ts'
import { newId } from '#lib/random.ts'
import { ingest, type Ingested } from './ingest/ingest.ts'
import type { Mix } from './mix.ts'
import type { Stage } from './profiles/profile.ts'
import { journeys, profiles } from './registry.ts'
import { startLoad, type LoadEnd, type LoadHandle } from './run-load.ts'

// The whole load of a run: profile → schedule → k6 → live operations → requests.csv and history.jsonl. Its shape is what the
// engine asks for (chaos/engine/load.ts); the commands join the two.

export interface GeneratorRequest {
  folder: string
  mix: Mix
  profile: string
  rate_per_s: number
  players: number
  duration_s: number
  seed: string
  gateways: readonly { region: string; url: string }[]
  authority_file: string
  /** Names and passwords of the system's operator and auditor, as JSON. */
  accounts_file: string
  /** The key with which the system records the traces that are asked for. */
  trace_key_file: string
  operation(operation: { planned_ms: number; ended_ms: number; outcome: 'ok' | 'fail' | 'info'; code: string }): void
  guard(pid: number): Promise<void>
  progress(text: string): void
  signal: AbortSignal
}

export interface GeneratedLoad extends AsyncDisposable {
  readonly schedule: Stage[]
  readonly warm_up_s: number
  readonly started_at_ms: number
  /** Settles when k6 has ended and the record is written; rejected with LOAD_FAILED when something went wrong. */
  readonly ended: Promise<void>
  stop(): Promise<void>
  /** What the record holds, once `ended` is settled. */
  counts(): Ingested | undefined
}

/**
 * Starts the load; resolves with the first arrival. Throws Failure LOAD_FAILED, with nothing left running. `trace_share`: of the
 * operations whose trace is sampled.
 */
export function loadGenerator({ k6, clock, trace_share }: { k6: string; clock: Clock; trace_share?: number }) {
  return async (request: GeneratorRequest): Promise<GeneratedLoad> => {
    const profile = profiles[request.profile]
    const unknown = Object.keys(request.mix).filter((name) => journeys[name] === undefined)
    if (unknown.length > 0) throw new Failure('LOAD_FAILED', `there is no journey ${unknown.join(', ')}`)
    if (profile === undefined) throw new Failure('LOAD_FAILED', `there is no profile ${request.profile}`)
    const { folder, players, seed, authority_file, signal } = request
    signal.throwIfAborted()
    const schedule = profile.stages(request)
    const run_id = newId().slice(0, 8)
    const handle = await startLoad({
      k6,
      clock,
      folder,
      run_id,
      mix: request.mix,
      ...(request.mix['operator'] === undefined ? {} : operatorIn(request.accounts_file)),
      stages: schedule,
      players,
      seed,
      gateways: [...request.gateways],
      authority_file,
      trace_key: traceKeyIn(request.trace_key_file),
      ...(trace_share !== undefined && { client: { trace_share } }),
    })
    try {
      await request.guard(handle.pid)
      const started_at_ms = await firstArrival(handle, request)
      const load = { handle, folder, run_id, schedule }
      return joined(load, profile.warm_up_s, started_at_ms)
    } catch (error) {
      await handle[Symbol.asyncDispose]()
      throw error
    }
  }
}

/** It goes to k6 and nowhere else. */
function traceKeyIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new Failure('LOAD_FAILED', `the key of the traces cannot be read: ${textOf(error)}`, { cause: error })
  }
}

/** The account of the operator, where the system has told it; it goes to k6 and nowhere else. */
function operatorIn(accounts_file: string): { operator?: { name: string; password: string } } {
  try {
    const accounts = JSON.parse(readFileSync(accounts_file, 'utf8')) as { name: string; password: string }[]
    const operator = accounts.find(({ name }) => name === 'operator')
    return operator === undefined ? {} : { operator }
  } catch (error) {
    throw new Failure('LOAD_FAILED', `the accounts of the staff cannot be read: ${textOf(error)}`, { cause: error })
  }
}

interface Joined {
  handle: LoadHandle
  folder: string
  run_id: string
  schedule: Stage[]
}

function joined(load: Joined, warm_up_s: number, started_at_ms: number): GeneratedLoad {
  const { handle, schedule } = load
  let counts: Ingested | undefined
  const end = async (): Promise<void> => {
    counts = await record(load, await handle.finished)
  }
  const ended = end()
  ended.catch(() => undefined) // whoever waits for it gets the error; nobody need wait
  return {
    schedule,
    warm_up_s,
    started_at_ms,
    ended,
    async stop() {
      await handle.stop()
      await ended
    },
    counts: () => counts,
    [Symbol.asyncDispose]: () => handle[Symbol.asyncDispose](),
  }
}

/** Arrivals alone are the players' experience: onboarding is counted aloud, and a renewed token is nobody's wait. */
async function firstArrival(handle: LoadHandle, request: GeneratorRequest): Promise<number> {
  let onboarded = 0
  handle.onOperation(({ arrival, counted, kind, start_ms, end_ms, outcome, code }) => {
    if (arrival && counted) request.operation({ planned_ms: start_ms, ended_ms: end_ms, outcome, code })
    else if (!arrival && kind === 'deposit' && onboarded < request.players)
      request.progress(`${++onboarded} of ${request.players} players are in`)
  })
  const { signal } = request
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    if (signal.aborted) abort()
    const started_at_ms = await Promise.race([handle.started, aborted.promise])
    if (started_at_ms !== null) return started_at_ms
    const { problem } = await handle.finished
    throw new Failure('LOAD_FAILED', `the load did not start: ${problem ?? 'k6 ended without an arrival'}`)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Writes the record, also after a failure: what came so far is worth reading. Then throws what went wrong. */
async function record({ handle, folder, run_id, schedule }: Joined, end: LoadEnd): Promise<Ingested> {
  const { output_file } = handle
  const counts = await ingest({ folder, run_id, output_file, stages: schedule, ...end })
  if (end.problem !== undefined) throw new Failure('LOAD_FAILED', end.problem)
  const recorded = counts.started + counts.skipped
  if (end.counts !== null && end.counts.iterations > recorded) {
    const text = `k6 counts ${end.counts.iterations} arrivals, the record has ${recorded}; k6.log may say why`
    throw new Failure('LOAD_FAILED', text)
  }
  return counts
}
