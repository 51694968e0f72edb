import { SpanKind as OtelKind, SpanStatusCode } from '@opentelemetry/api'
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace'
import type { Counter } from 'prom-client'
import type { Span } from '#sut/contracts/tracing.ts'
import { queue_max, type SpanLane } from './span-queue.ts'

// OpenTelemetry's SDK, behind the queue: batches, and its exporter for collectors. Nothing loads this but the first span.

const batch_max = 128
/** What a killed process had not sent yet dies with it: half a second of spans at most. */
const gather_ms = 500
const export_limit_ms = 5_000

/** One way out. Bounded by itself: a collector that is slow must not keep spans from the record. */
export function spanLane(exporter: Exporter, system: string, dropped: Counter, gather = gather_ms): SpanLane {
  let waiting = 0
  const counted: SpanExporter = {
    export(spans, told) {
      const lost = (): void => dropped.inc({ reason: 'export' }, spans.length)
      const over = (): void => {
        waiting -= spans.length
        // The loss is counted; the SDK would only write of it on standard error.
        told({ code: 0 })
      }
      void exporter(spans).catch(lost).finally(over)
    },
    shutdown: async () => {},
  }
  const processor = new BatchSpanProcessor({
    exporter: counted,
    maxQueueSize: queue_max,
    maxExportBatchSize: batch_max,
    scheduledDelayMillis: gather,
    exportTimeoutMillis: export_limit_ms,
  })
  return {
    add(span) {
      if (waiting >= queue_max) {
        dropped.inc({ reason: 'queue' })
        return
      }
      waiting++
      processor.onEnd(readable(span, system))
    },
    waiting: () => waiting,
    flush: () => processor.forceFlush().catch(() => {}),
  }
}

export type Exporter = (spans: ReadableSpan[]) => Promise<void>

const originals = new WeakMap<ReadableSpan, Span>()

/** To whoever takes spans as they are. */
export const plainExporter =
  (send: (spans: Span[]) => Promise<void>): Exporter =>
  (spans) =>
    send(spans.map((each) => originals.get(each)!))

/** To a collector; OTLP over HTTP. */
export async function otlpExporter(url: string): Promise<Exporter> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: export_limit_ms })
  return (spans) =>
    new Promise((resolve, reject) => {
      exporter.export(spans, ({ code, error }) => {
        const result: number = code
        if (result === 0) resolve()
        else reject(error ?? new Error('the collector took no spans'))
      })
    })
}

const kinds = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
} as const
const scope = { name: 'slot-chaos' }
const sampled = 1

function readable(span: Span, system: string): ReadableSpan {
  const { trace_id: traceId, span_id: spanId, parent_id, start_ms, end_ms, error } = span
  const context = { traceId, spanId, traceFlags: sampled }
  const made: ReadableSpan = {
    name: span.name,
    kind: kinds[span.span_kind],
    spanContext: () => context,
    ...(parent_id !== null && { parentSpanContext: { traceId, spanId: parent_id, traceFlags: sampled } }),
    startTime: hrTime(start_ms),
    endTime: hrTime(end_ms),
    duration: hrTime(Math.max(0, end_ms - start_ms)),
    ended: true,
    status: error === null ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error },
    attributes: span.attributes,
    links: [],
    events: [],
    resource: resourceOf(span, system),
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
  originals.set(made, span)
  return made
}

const hrTime = (ms: number): [number, number] => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)]

const resources = new Map<string, ReadableSpan['resource']>()

/** One for each place: exporters group spans by it. A process has one; a test with several services some more. */
function resourceOf({ service, instance, region }: Span, system: string): ReadableSpan['resource'] {
  const known = resources.get(instance)
  if (known !== undefined) return known
  const attributes = {
    'service.name': service,
    'service.namespace': system,
    'service.instance.id': instance,
    'cloud.region': region,
  }
  const made: ReadableSpan['resource'] = {
    attributes,
    merge: (other) => other ?? made,
    getRawAttributes: () => Object.entries(attributes),
  }
  resources.set(instance, made)
  return made
}
