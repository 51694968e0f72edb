import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import type { Span } from '#sut/contracts/tracing.ts'
import { prometheusMetrics } from './prometheus.ts'
import { otlpExporter, spanLane } from './span-export.ts'

interface Sent {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue: string } }[] }
    scopeSpans: { spans: Record<string, unknown>[] }[]
  }[]
}

const span: Span = {
  trace_id: 'ab'.repeat(16),
  span_id: 'cd'.repeat(8),
  parent_id: 'ef'.repeat(8),
  service: 'wallet',
  instance: 'wallet-b-7',
  region: 'b',
  name: 'wallet-transfer',
  span_kind: 'client',
  start_ms: 1_772_359_200_000.25,
  end_ms: 1_772_359_200_012.5,
  attributes: { 'db.system.name': 'postgresql' },
  error: '57P01',
}

test('a collector gets spans as OTLP over HTTP, and one that is away costs the spans alone', async () => {
  const bodies: Sent[] = []
  const collector = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      bodies.push((await json(request)) as Sent)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    }
    void answer()
  })
  collector.listen(0, '127.0.0.1')
  await once(collector, 'listening')
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`
  const dropped = prometheusMetrics({}).counter('dropped', 'Lost', ['reason'])
  const lane = spanLane(await otlpExporter(url), 'slot-1', dropped, 5)
  lane.add(span)
  await waitFor(() => bodies.length > 0 && lane.waiting() === 0, { what: 'the collector', limit_ms: 10_000 })

  const [{ resource, scopeSpans }] = bodies[0]!.resourceSpans as [Sent['resourceSpans'][number]]
  const named = Object.fromEntries(resource.attributes.map(({ key, value }) => [key, value.stringValue]))
  expect(named).toMatchObject({
    'service.name': 'wallet',
    'service.instance.id': 'wallet-b-7',
    'service.namespace': 'slot-1',
  })
  expect(scopeSpans[0]!.spans).toMatchObject([
    {
      traceId: span.trace_id,
      spanId: span.span_id,
      parentSpanId: span.parent_id,
      name: 'wallet-transfer',
      kind: 3,
      startTimeUnixNano: '1772359200000250000',
      endTimeUnixNano: '1772359200012500000',
      status: { code: 2, message: '57P01' },
    },
  ])
  collector.closeAllConnections()
  await new Promise((resolve) => collector.close(resolve))

  lane.add(span)
  await waitFor(() => lane.waiting() === 0, { what: 'the loss', limit_ms: 20_000 })
  expect((await dropped.get()).values).toMatchObject([{ value: 1, labels: { reason: 'export' } }])
})
