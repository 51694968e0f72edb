import type { Logger } from 'pino'
import type { Clock } from '#lib/clock.ts'
import { textOf } from '#lib/errors.ts'
import { random } from '#lib/random.ts'
import { calls, serviceOf, type CallName } from '#sut/contracts/calls.ts'
import { Problem, problems, type ProblemCode } from '#sut/contracts/problems.ts'
import { balancer, retryBudget } from './balancer.ts'
import type { CertificateWatch } from './certificates.ts'
import type { ServiceConfig } from './config.ts'
import type { DiscoveryWatch } from './discovery.ts'
import { earlyConnections } from './early-connections.ts'
import type { Metrics } from './metrics.ts'
import { CallBroken, type PeerAnswer } from './peer.ts'
import { peers, type KeyedInstance } from './peers.ts'
import type { Call, CallOptions, Platform } from './platform.ts'
import { prober } from './prober.ts'
import { deadlineHeader } from './server.ts'
import { currentTrace, headerOf, newTrace } from './trace.ts'
import type { SpanDescription, Tracer } from './tracer.ts'

export interface CallsOptions {
  config: ServiceConfig
  certificates: CertificateWatch
  discovery: DiscoveryWatch
  clock: Clock
  metrics: Metrics
  log: Logger
  tracer: Tracer
}

/** How calls between services travel: here over the network, in exchange.ts within one process. */
export interface Calling {
  readonly serve: Platform['serve']
  readonly call: Call
  /** Does what the first call would have to wait for. `port`: of the own door, which is open. */
  prepare(port: number): Promise<void>
  close(): Promise<void>
}

const tries_max = 3
/** An idempotent call does not spend all its time on one instance that is silent. */
const try_most_ms = 800

/**
 * Calls to other services: spread over their instances, retried elsewhere where that is safe, never longer than the deadline.
 */
export function serviceCalls(parts: CallsOptions): Omit<Calling, 'serve'> {
  const { config, certificates, discovery, clock, metrics, log, tracer } = parts
  const retries = metrics.counter('call_retries_total', 'Calls that were tried again', ['call'])
  const ejections = metrics.counter('call_ejections_total', 'Instances that were left alone for a while', ['instance'])
  const balance = balancer(config.region, random(config.instance))
  const budget = retryBudget(clock.monotonic_ms())
  const known = peers({ config, certificates, discovery, clock })
  const probes = prober(known, balance)
  const early = earlyConnections({ config, peers: known, discovery })

  const tryOnce = async <Name extends CallName>(
    name: Name,
    target: KeyedInstance,
    options: CallOptions<Name>,
    limit_ms: number,
  ): Promise<PeerAnswer> => {
    const peer = known.get(target)
    const start_ms = clock.monotonic_ms()
    balance.begin(target.key)
    let healthy = false
    try {
      const answer = await tracer.span(
        () => spanOf(name, target),
        async (span) => {
          const headers = {
            'content-type': 'application/json',
            traceparent: headerOf(span?.trace ?? options.trace ?? currentTrace() ?? newTrace(false)),
            [deadlineHeader]: String(Math.max(1, Math.floor(limit_ms))),
          }
          const given = await peer.request({ ...requestOf(name, options), headers }, limit_ms, options.signal)
          span?.set({ 'http.response.status_code': given.status })
          return given
        },
      )
      healthy = true
      return answer
    } catch (error) {
      // Late is not dead: to leave a busy instance alone would make the others busier, and its way back costs a handshake.
      healthy = error instanceof Problem && peer.heardSince(start_ms)
      throw error
    } finally {
      if (balance.end(target.key, healthy)) {
        ejections.inc({ instance: target.instance })
        log.warn({ callee: target.instance }, 'an instance is left alone until it answers a probe')
        known.drop(target.key)
        probes.watch(target)
      }
    }
  }

  const call = async <Name extends CallName>(name: Name, options: CallOptions<Name>): Promise<unknown> => {
    const { idempotent } = calls[name]
    const tried = new Set<string>()
    budget.call()
    for (;;) {
      const remaining_ms = options.deadline_ms - clock.monotonic_ms()
      if (remaining_ms <= 0) throw new Problem('deadline_exceeded', `no time left for ${name}`)
      const candidates = known.of(serviceOf(name))
      const target = balance.choose(candidates, tried) ?? candidates[0]
      if (target === undefined) throw new Problem('unavailable', `no instance for ${name}`)
      tried.add(target.key)
      const last = tried.size >= Math.min(tries_max, candidates.length)
      const limit_ms = last || !idempotent ? remaining_ms : Math.min(remaining_ms, try_most_ms)
      try {
        const answer = await tryOnce(name, target, options, limit_ms)
        if (answer.status < 400) return answer.body
        throw problemOf(answer)
      } catch (error) {
        const safe = idempotent || (error instanceof CallBroken && !error.sent)
        const gone = options.signal?.aborted === true
        if (last || !safe || gone || !mayHelp(error) || !budget.retry(clock.monotonic_ms()))
          throw toProblem(error, target)
        retries.inc({ call: name })
        log.debug({ call: name, callee: target.instance, reason: textOf(error) }, 'tried again elsewhere')
      }
    }
  }

  return {
    call: timed({ clock, metrics }, call),
    prepare: (port) => early.first(port),
    close: async () => {
      early.close()
      probes.close()
      known.close()
    },
  }
}

/** Measures each call by its outcome. */
export function timed({ clock, metrics }: Pick<CallsOptions, 'clock' | 'metrics'>, call: UntypedCall): Call {
  const seconds = metrics.histogram('call_duration_seconds', 'Calls to other services by outcome', ['call', 'code'])
  return async (name, options) => {
    const start_ms = clock.monotonic_ms()
    let code = 'ok'
    try {
      return (await call(name, options)) as never
    } catch (error) {
      code = error instanceof Problem ? error.code : 'internal'
      throw error
    } finally {
      seconds.observe({ call: name, code }, (clock.monotonic_ms() - start_ms) / 1000)
    }
  }
}
type UntypedCall = <Name extends CallName>(name: Name, options: CallOptions<Name>) => Promise<unknown>

const mayHelp = (error: unknown): boolean =>
  error instanceof CallBroken ||
  (error instanceof Problem && (error.code === 'unavailable' || error.code === 'deadline_exceeded'))

const toProblem = (error: unknown, { instance }: KeyedInstance): unknown =>
  error instanceof CallBroken ? new Problem('unavailable', `${instance} does not answer`, { cause: error }) : error

function spanOf(name: CallName, { service, instance }: KeyedInstance): SpanDescription {
  const { method, path } = calls[name]
  const attributes = {
    'http.request.method': method,
    'url.template': path,
    'server.address': instance,
    'service.peer.name': service,
  }
  return { name: `${method} ${path}`, kind: 'client', attributes }
}

function requestOf<Name extends CallName>(name: Name, { params, query, body }: CallOptions<Name>) {
  const { method, path } = calls[name]
  const filled = path.replaceAll(/:([a-z]+)/g, (_match, key: string) => encodeURIComponent(params?.[key] ?? ''))
  const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`
  return { method, path: filled + search, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
}

function problemOf({ status, body }: PeerAnswer): Problem {
  const { code, message } = (body ?? {}) as { code?: string; message?: string }
  if (code !== undefined && code in problems) return new Problem(code as ProblemCode, message ?? code)
  return new Problem(status === 503 ? 'unavailable' : 'internal', `answered ${status}`)
}
