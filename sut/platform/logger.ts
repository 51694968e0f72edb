import { pino, type DestinationStream, type Logger } from 'pino'
import { redactor, secretsIn, shownOf } from '#lib/redacted.ts'
import type { ServiceConfig } from './config.ts'
import { currentTrace } from './trace.ts'

/** JSON lines on standard output, each with the trace that is under way. What could be a secret is never written: lib/redacted.ts. */
export function serviceLogger(config: ServiceConfig, destination?: DestinationStream): Logger {
  const redact = redactor(secretsIn(config))
  const options = {
    level: config.log_level,
    base: { service: config.service, instance: config.instance, region: config.region },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: object) => shownOf(fields) as Record<string, unknown>,
      bindings: (fields: object) => shownOf(fields) as Record<string, unknown>,
    },
    // Those of pino show whatever hangs on an error.
    serializers: { err: (shown: unknown) => shown },
    hooks: { streamWrite: redact },
    mixin: () => {
      const trace = currentTrace()
      return trace === undefined ? {} : { trace_id: trace.trace_id }
    },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
