import type { ChildProcess } from 'node:child_process'
import type { Clock } from '#lib/clock.ts'
import { Failure, textOf } from '#lib/errors.ts'
import { freePort } from '#lib/free-port.ts'
import { WaitedTooLong, waitFor } from '#lib/wait.ts'
import { k6Control, type K6Control } from './k6-control.ts'
import { countsIn, exitOf, lastWords, launch, loadFiles } from './k6-process.ts'
import type { EndLine, LoadLine } from './k6/lines.ts'
import type { ClientPolicy, Gateway } from './k6/settings.ts'
import type { Mix } from './mix.ts'
import type { Stage } from './profiles/profile.ts'
import { followLines } from './tail.ts'

export interface LoadRequest {
  /** Path of the k6 program. */
  k6: string
  mix: Mix
  /** Account of an operator, for journeys that need one. */
  operator?: { name: string; password: string }
  stages: Stage[]
  players: number
  seed: string
  gateways: Gateway[]
  /** PEM file of the authority that signed the gateways' certificates. */
  authority_file: string
  /** The key with which the system records the traces that are asked for; none: it decides itself. */
  trace_key?: string
  /** Folder of the record; k6's own files go there as well. */
  folder: string
  /** Part of the players' names and of each idempotency key, so that runs are apart: at most 40 of A–Z a–z 0–9 . _ - */
  run_id: string
  clock: Clock
  client?: Partial<ClientPolicy>
  /** Until k6 has to answer, in all its attempts to start. */
  start_limit_ms?: number
  /** Until the running operations have to be over after a stop; more than the patience of the client. */
  drain_limit_ms?: number
}

/** An operation that has ended, as it is seen while the load runs. */
export interface OperationSeen {
  kind: EndLine['k']
  outcome: EndLine['r']
  /** Problem or error code, '' when ok. */
  code: string
  /** True for an arrival; false for what the client does beside it (onboarding, fresh tokens). */
  arrival: boolean
  /** It counts for the service level. */
  counted: boolean
  /** About the planned start: that is computed only when the load is over. */
  start_ms: number
  end_ms: number
  latency_ms: number
}

export interface LoadEnd {
  exit_code: number | null
  /** What went wrong, when something did. */
  problem?: string
  stop_asked_ms: number | null
  ended_ms: number
  /** k6's own counts, to check the record against; null when k6 could not write them. */
  counts: { iterations: number; dropped: number } | null
}

export interface LoadHandle extends AsyncDisposable {
  readonly pid: number
  /** What the k6 program writes, for `ingest`. */
  readonly output_file: string
  /** Wall clock of the zero of the schedule, as soon as the first arrival has come; null when k6 ended before. */
  readonly started: Promise<number | null>
  readonly finished: Promise<LoadEnd>
  /** Returns how to stop listening. Listeners must not throw. */
  onOperation(listener: (operation: OperationSeen) => void): () => void
  /** No more arrivals; resolves when the operations under way are over and k6 has ended, by force at the limit. */
  stop(): Promise<void>
}

const attempts_to_start = 3
const cannotStartApi = 106
const stoppedFromApi = 103

/**
 * Starts k6 in a session of its own (a Ctrl-C reaches the harness alone) and resolves when it answers.
 * Throws Failure LOAD_FAILED when it does not, with nothing left running.
 */
export async function startLoad(request: LoadRequest): Promise<LoadHandle> {
  if (!/^[A-Za-z0-9._-]{1,40}$/.test(request.run_id)) throw new RangeError(`run id ${request.run_id}`)
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const child = launch(request, port)
    const ended = exitOf(child)
    const control = k6Control(port)
    const exit = await Promise.race([ended, answers(control, request.start_limit_ms ?? 30_000)])
    if (exit === 'answers') return handleOf(request, child, ended, control)
    if (exit === 'silent') child.kill('SIGKILL')
    if (exit === cannotStartApi && attempt < attempts_to_start) continue // somebody else took the port
    const control_text = exit === 0 ? `, and had not answered on port ${port}` : ''
    throw new Failure('LOAD_FAILED', `the load did not start: ${lastWords(request.folder, exit)}${control_text}`)
  }
}

async function answers(control: K6Control, limit_ms: number): Promise<'answers' | 'silent'> {
  try {
    await waitFor(() => control.status(), { what: 'k6', limit_ms })
    return 'answers'
  } catch (error) {
    if (error instanceof WaitedTooLong) return 'silent'
    throw error
  }
}

function handleOf(
  request: LoadRequest,
  child: ChildProcess,
  exit: Promise<number | string>,
  control: K6Control,
): LoadHandle {
  const { clock, folder } = request
  const { output, summary } = loadFiles(folder)
  const listeners = new Set<(operation: OperationSeen) => void>()
  const started = Promise.withResolvers<number | null>()
  let ended_ms: number | null = null
  let stop_asked_ms: number | null = null
  let problem: string | undefined

  const finished = exit.then(async (code): Promise<LoadEnd> => {
    ended_ms = clock.wall_ms()
    await following.catch(() => undefined) // has been told as the problem
    started.resolve(null)
    const expected = code === 0 || (stop_asked_ms !== null && code === stoppedFromApi)
    if (!expected) problem ??= lastWords(folder, code)
    return {
      exit_code: typeof code === 'number' && code >= 0 ? code : null,
      ...(problem === undefined ? {} : { problem }),
      stop_asked_ms,
      ended_ms,
      counts: countsIn(summary),
    }
  })
  const following = followLines(
    output,
    () => ended_ms !== null,
    (text) => {
      const line = JSON.parse(text) as LoadLine
      if (line.t === 'start') started.resolve(line.at)
      if (line.t === 'end') for (const listener of listeners) listener(seen(line))
    },
  )
  following.catch((error: unknown) => {
    problem = `the output of k6 cannot be read: ${textOf(error)}`
    child.kill('SIGKILL')
  })

  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    stop_asked_ms = clock.wall_ms()
    const failed = await drain(control, exit, request.drain_limit_ms ?? 20_000)
    if (failed !== undefined) {
      problem = failed
      child.kill('SIGKILL')
    }
    await finished
  }
  return {
    pid: child.pid!,
    output_file: output,
    started: started.promise,
    finished,
    onOperation(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop: () => (stopping ??= ended_ms === null ? stop() : finished.then(() => undefined)),
    async [Symbol.asyncDispose]() {
      if (ended_ms === null) child.kill('SIGKILL')
      await finished.catch(() => undefined)
    },
  }
}

/** Lets the running operations end, then k6. Says what did not work; the caller then uses force. */
async function drain(control: K6Control, exit: Promise<unknown>, limit_ms: number): Promise<string | undefined> {
  let over = false
  void exit.then(() => (over = true))
  const limited = (what: string, condition: () => Promise<boolean> | boolean): Promise<unknown> =>
    waitFor(async () => over || (await condition()), { what, limit_ms, every_ms: 20 })
  // Arrivals after the stop run for a moment each, so one look is enough as well as two: none of them does anything.
  const idle = async (): Promise<boolean> => (await control.status())?.running === 0
  try {
    if (!over) await control.announceStop()
    await limited('the operations under way', idle)
    if (!over) await control.end()
    await limited('the end of k6', () => over)
    return undefined
  } catch (error) {
    return over ? undefined : `k6 had to be killed: ${textOf(error)}`
  }
}

const seen = (line: EndLine): OperationSeen => ({
  kind: line.k,
  outcome: line.r,
  code: typeof line.v['code'] === 'string' ? line.v['code'] : '',
  arrival: line.i !== undefined,
  counted: line.u !== 0,
  start_ms: line.s,
  end_ms: line.e,
  latency_ms: line.e - line.s,
})
