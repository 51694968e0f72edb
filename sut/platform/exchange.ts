import type { FastifyError } from 'fastify'
import type { Logger } from 'pino'
import type { TSchema } from 'typebox'
import { Clean, Errors } from 'typebox/value'
import { Compile } from 'typebox/compile'
import type { Clock } from '#lib/clock.ts'
import { calls, serviceOf, type CallName } from '#sut/contracts/calls.ts'
import type { ServiceName } from '#sut/contracts/descriptor.ts'
import { Problem, problems } from '#sut/contracts/problems.ts'
import { timed, type Calling } from './calls.ts'
import type { LoadMeter } from './load-meter.ts'
import type { Metrics } from './metrics.ts'
import type { AnswerOf, CallHandler, CallOptions, ServedRequest } from './platform.ts'
import { limits, problemOf, requestSeconds, untilDeadline } from './server.ts'
import { childOf, currentTrace, isSampled, newTrace, withTrace, type Trace } from './trace.ts'
import type { SpanDescription, Tracer } from './tracer.ts'

// Calls between services of one process. The contract is that of the network (calls.ts, server.ts): who is admitted, what fits,
// when time is over, what an answer carries, and that nothing is shared: bodies and answers are copies. What is not there:
// connections, certificates, retries elsewhere, and a callee that is away while its caller is not.

export interface Exchange {
  /** A service of this process: it serves for the others, and calls them. */
  join(member: Member): Calling
}
export interface Member {
  service: ServiceName
  clock: Clock
  metrics: Metrics
  meter: LoadMeter
  log: Logger
  tracer?: Tracer
}

/** What crosses from caller to callee. */
interface Passed {
  caller: ServiceName
  /** JSON. */
  body: string | undefined
  params: Record<string, string>
  query: Record<string, string>
  patience_ms: number
  trace: Trace
}
type Receive = (passed: Passed) => Promise<unknown>

/** The router of the network does not look at longer ones. */
const param_chars_max = 200

export function callExchange(): Exchange {
  const served = new Map<CallName, Receive>()
  return {
    join(member) {
      const under_way = { count: 0 }
      return {
        serve: (name, handler) => void served.set(name, receiver(name, handler, member, under_way)),
        call: timed(member, (name, options) => pass(name, options, member, served)),
        // Nobody is far, and nothing has to be connected.
        prepare: async () => {},
        close: async () => {
          for (const name of served.keys()) if (serviceOf(name) === member.service) served.delete(name)
        },
      }
    },
  }
}

async function pass<Name extends CallName>(
  name: Name,
  { body, params = {}, query = {}, deadline_ms, signal, trace }: CallOptions<Name>,
  { service, clock }: Member,
  served: ReadonlyMap<CallName, Receive>,
): Promise<AnswerOf<Name>> {
  const remaining_ms = deadline_ms - clock.monotonic_ms()
  if (remaining_ms <= 0) throw new Problem('deadline_exceeded', `no time left for ${name}`)
  if (signal?.aborted === true) throw new Problem('deadline_exceeded', 'the caller gave up')
  const receive = served.get(name)
  if (receive === undefined) throw new Problem('unavailable', `no instance for ${name}`)
  if (!fillsPath(name, params)) throw new Problem('not_found', 'no such route')
  const answer = receive({
    caller: service,
    body: body === undefined ? undefined : JSON.stringify(body),
    params: { ...params },
    query: { ...query },
    patience_ms: Math.min(remaining_ms, limits.deadline_most_ms),
    trace: childOf(trace ?? currentTrace() ?? newTrace(false)),
  })
  return (await (signal === undefined ? answer : unlessAborted(answer, signal))) as AnswerOf<Name>
}

function fillsPath(name: CallName, params: Record<string, string>): boolean {
  const wanted = [...calls[name].path.matchAll(/:([a-z]+)/g)].map(([, key]) => params[key!] ?? '')
  return wanted.every((value) => value !== '' && encodeURIComponent(value).length <= param_chars_max)
}

/** Whoever gives up does not wait any more; the callee goes on until the deadline, as it does over the network. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abandon = (): void => reject(new Problem('deadline_exceeded', 'the caller gave up'))
    signal.addEventListener('abort', abandon, { once: true })
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon))
  })
}

/** The callee's side of one call: what server.ts does with a request. */
function receiver<Name extends CallName>(
  name: Name,
  handler: CallHandler<Name>,
  member: Member,
  under_way: { count: number },
): Receive {
  const { clock, metrics, meter, log } = member
  const contract = calls[name]
  const callers: readonly ServiceName[] = contract.callers
  const bodyOf = 'body' in contract ? bodyReader(contract.body) : () => undefined
  const answerOf = answerCopier(contract.answer)
  const seconds = requestSeconds(metrics)

  const serve = async ({ caller, body, params, query, patience_ms, trace }: Passed): Promise<unknown> => {
    if (under_way.count > limits.in_flight_max) throw new Problem('unavailable', 'too many requests are under way')
    const read = bodyOf(body)
    if (!callers.includes(caller)) throw new Problem('forbidden', `${name} does not admit ${caller}`)
    const deadline_ms = clock.monotonic_ms() + patience_ms
    const request = { body: read, params, query, caller, deadline_ms, trace }
    return answerOf(
      await untilDeadline(patience_ms, (signal) => handler({ ...request, signal } as ServedRequest<Name>)),
    )
  }
  return async (passed) => {
    const ended = meter.begin()
    under_way.count++
    const start_ms = clock.monotonic_ms()
    let code = 200
    const span = isSampled(passed.trace) ? member.tracer?.open(passed.trace, spanOf(name)) : undefined
    try {
      return await withTrace(passed.trace, () => serve(passed))
    } catch (error) {
      const problem = problemOf(error as FastifyError | Problem, log)
      code = problems[problem.code].status
      span?.end(problem)
      // A new one: what caused it stays with the callee.
      throw new Problem(problem.code, problem.message)
    } finally {
      span?.end()
      under_way.count--
      ended()
      seconds.observe({ route: contract.path, code }, (clock.monotonic_ms() - start_ms) / 1000)
    }
  }
}

/** One span a call: nothing lies between its two sides. */
function spanOf(name: CallName): SpanDescription {
  const { method, path } = calls[name]
  return { name: `${method} ${path}`, kind: 'internal', attributes: { 'url.template': path } }
}

function bodyReader(schema: TSchema): (text: string | undefined) => unknown {
  const fits = Compile(schema)
  return (text) => {
    if (text !== undefined && Buffer.byteLength(text) > limits.body_bytes_max)
      throw new Problem('malformed', 'Request body is too large')
    const value: unknown = text === undefined ? undefined : JSON.parse(text)
    if (fits.Check(value)) return value
    const violations = Errors(schema, value).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`)
    throw new Problem('malformed', violations.join('; '))
  }
}

/** A copy with what the contract names, and nothing else. */
function answerCopier(schema: TSchema): (answer: unknown) => unknown {
  const fits = Compile(schema)
  return (answer) => {
    const copy: unknown = Clean(schema, JSON.parse(JSON.stringify(answer)))
    if (!fits.Check(copy)) throw new Error('an answer does not fit its contract')
    return copy
  }
}
