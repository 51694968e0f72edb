import type { Clock } from '#lib/clock.ts'
import { defaultTraceShare } from '#sut/contracts/tracing.ts'
import type { Bus } from './bus.ts'
import type { ServiceConfig } from './config.ts'
import type { Metrics } from './metrics.ts'
import { spanQueue, type SpanLane } from './span-queue.ts'
import { tracer, type Tracer } from './tracer.ts'

export interface Traces {
  readonly tracer: Tracer
  readonly share: number
  /** For `GET /state`: spans that are not in the stream yet. Nothing before the first one. */
  pending(): Record<string, number>
  /** Sends what waits; while the bus is still open. */
  close(): Promise<void>
}

/** The tracing of a service: where its spans go, and how many do not get there. */
export function traces(options: { config: ServiceConfig; clock: Clock; metrics: Metrics; bus: () => Bus }): Traces {
  const { config, clock, metrics, bus } = options
  const finished = metrics.counter('trace_spans_total', 'Spans that have ended')
  const dropped = metrics.counter('trace_spans_dropped_total', 'Spans that were lost, by reason', ['reason'])
  const endpoint = config.traces?.otlp_endpoint
  const load = async (): Promise<SpanLane[]> => {
    const { otlpExporter, plainExporter, spanLane } = await import('./span-export.ts')
    const exporters = [
      ...(config.nats === undefined ? [] : [plainExporter((spans) => bus().sendSpans(spans))]),
      ...(endpoint === undefined ? [] : [await otlpExporter(endpoint)]),
    ]
    return exporters.map((exporter) => spanLane(exporter, config.system, dropped))
  }
  const queue = spanQueue(load, dropped)
  let used = false
  return {
    tracer: tracer(config, clock, (span) => {
      used = true
      finished.inc()
      queue.add(span)
    }),
    share: config.traces?.share ?? defaultTraceShare,
    pending: () => (used ? { spans: queue.waiting() } : {}),
    close: () => queue.close(),
  }
}
