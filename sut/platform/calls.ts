import type { Logger } from 'pino'
import type { Clock } from '#lib/clock.ts'
import { textOf } from '#lib/errors.ts'
import { random } from '#lib/random.ts'
import { calls, type CallName } from '#sut/contracts/calls.ts'
import { Problem, problems, type ProblemCode } from '#sut/contracts/problems.ts'
import { balancer, retryBudget } from './balancer.ts'
import type { ServiceConfig } from './config.ts'
import type { DiscoveryWatch } from './discovery.ts'
import type { Metrics } from './metrics.ts'
import { peers, type KeyedInstance } from './peers.ts'
import type { Call, CallOptions } from './platform.ts'
import { deadlineHeader, untilDeadline } from './server.ts'
import { currentTrace, headerOf, newTrace } from './trace.ts'

export interface CallsOptions {
  config: ServiceConfig
  discovery: DiscoveryWatch
  clock: Clock
  metrics: Metrics
  log: Logger
}

const tries_max = 3
/** An idempotent call does not spend all its time on one instance that is silent. */
const try_most_ms = 800

/**
 * Calls to other services: spread over their instances, retried elsewhere where that is safe, never longer than the deadline.
 * Each try is raced against its time by ourselves: a request that waits for a connection does not heed its signal.
 */
export function serviceCalls({ config, discovery, clock, metrics, log }: CallsOptions): {
  call: Call
  close(): Promise<void>
} {
  const seconds = metrics.histogram('call_duration_seconds', 'Calls to other services by outcome', ['call', 'code'])
  const retries = metrics.counter('call_retries_total', 'Calls that were tried again', ['call'])
  const ejections = metrics.counter('call_ejections_total', 'Instances that were left alone for a while', ['instance'])
  const balance = balancer(config.region, random(config.instance))
  const budget = retryBudget(clock.monotonic_ms())
  const known = peers({ config, discovery, clock, log })

  const tryOnce = async <Name extends CallName>(
    name: Name,
    target: KeyedInstance,
    options: CallOptions<Name>,
    limit_ms: number,
  ): Promise<unknown> => {
    balance.begin(target.key)
    let healthy = false
    try {
      const answer = await untilDeadline(limit_ms, (late) =>
        known.get(target).request({
          ...requestOf(name, options),
          headers: {
            'content-type': 'application/json',
            traceparent: headerOf(options.trace ?? currentTrace() ?? newTrace()),
            [deadlineHeader]: String(Math.max(1, Math.floor(limit_ms))),
          },
          signal: options.signal === undefined ? late : AbortSignal.any([late, options.signal]),
        }),
      )
      healthy = true
      if (answer.status >= 400) throw problemOf(answer)
      return answer.body
    } catch (error) {
      if (error instanceof Problem) throw error
      throw new Problem('unavailable', `${target.instance} does not answer`, { cause: error })
    } finally {
      if (balance.end(target.key, healthy, clock.monotonic_ms())) {
        ejections.inc({ instance: target.instance })
        log.warn({ callee: target.instance }, 'an instance is left alone for a while')
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
      const target = balance.choose(candidates, tried, clock.monotonic_ms()) ?? candidates[0]
      if (target === undefined) throw new Problem('unavailable', `no instance for ${name}`)
      tried.add(target.key)
      const last = !idempotent || tried.size >= Math.min(tries_max, candidates.length)
      try {
        return await tryOnce(name, target, options, last ? remaining_ms : Math.min(remaining_ms, try_most_ms))
      } catch (error) {
        if (last || !mayHelp(error) || options.signal?.aborted === true || !budget.retry(clock.monotonic_ms()))
          throw error
        retries.inc({ call: name })
        log.debug({ call: name, callee: target.instance, reason: textOf(error) }, 'tried again elsewhere')
      }
    }
  }

  return {
    call: async (name, options) => {
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
    },
    close: async () => known.close(),
  }
}

const serviceOf = (name: CallName): string => name.slice(0, name.indexOf('.'))

const mayHelp = (error: unknown): boolean =>
  error instanceof Problem && (error.code === 'unavailable' || error.code === 'deadline_exceeded')

function requestOf<Name extends CallName>(name: Name, { params, query, body }: CallOptions<Name>) {
  const { method, path } = calls[name]
  const filled = path.replaceAll(/:([a-z]+)/g, (_match, key: string) => encodeURIComponent(params?.[key] ?? ''))
  const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`
  return { method, path: filled + search, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
}

function problemOf({ status, body }: { status: number; body: unknown }): Problem {
  const { code, message } = (body ?? {}) as { code?: string; message?: string }
  if (code !== undefined && code in problems) return new Problem(code as ProblemCode, message ?? code)
  return new Problem(status === 503 ? 'unavailable' : 'internal', `answered ${status}`)
}
