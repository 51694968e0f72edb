import { pino, type DestinationStream, type Logger } from 'pino'
import type { ServiceConfig } from './config.ts'
import { currentTrace } from './trace.ts'

/** JSON lines on standard output, each with the trace that is under way. What could be a secret is never written. */
export function serviceLogger(config: ServiceConfig, destination?: DestinationStream): Logger {
  const options = {
    level: config.log_level,
    base: { service: config.service, instance: config.instance, region: config.region },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: () => {
      const trace = currentTrace()
      return trace === undefined ? {} : { trace_id: trace.trace_id }
    },
    redact: {
      paths: ['password', '*.password', 'token', '*.token', 'signing_key', '*.signing_key', '*.authorization'],
      remove: true,
    },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
