import { expect, test } from 'vitest'
import type { Span } from '#sut/contracts/tracing.ts'
import { prometheusMetrics } from './prometheus.ts'
import { plainExporter, spanLane } from './span-export.ts'
import { queue_max, spanQueue, type SpanLane } from './span-queue.ts'

const spanOf = (number: number): Span => ({
  trace_id: 'a'.repeat(32),
  span_id: number.toString(16).padStart(16, '0'),
  parent_id: null,
  service: 'wallet',
  instance: 'wallet-a-1',
  region: 'a',
  name: 'work',
  span_kind: 'internal',
  start_ms: number,
  end_ms: number + 1,
  attributes: {},
  error: null,
})
const spans = (count: number): Span[] => Array.from({ length: count }, (_, number) => spanOf(number))

function counted() {
  const metrics = prometheusMetrics({})
  const dropped = metrics.counter('dropped', 'Lost', ['reason'])
  const by = async (reason: string): Promise<number> =>
    (await dropped.get()).values.find(({ labels }) => labels['reason'] === reason)?.value ?? 0
  return { dropped, by }
}

test('what has no room while the exporters are loaded is dropped and counted; the rest comes, in order', async () => {
  const { dropped, by } = counted()
  const loaded = Promise.withResolvers<SpanLane[]>()
  const taken: Span[] = []
  const queue = spanQueue(() => loaded.promise, dropped)
  for (const span of spans(queue_max + 3)) queue.add(span)
  expect(queue.waiting()).toBe(queue_max)
  expect(await by('queue')).toBe(3)

  loaded.resolve([{ add: (span) => taken.push(span), waiting: () => 0, flush: async () => {} }])
  await queue.close()
  queue.add(spanOf(99_999))
  expect(taken).toEqual([...spans(queue_max), spanOf(99_999)])
  expect(queue.waiting()).toBe(0)
})

test('nothing is loaded before the first span, and exporters that cannot be loaded lose spans, nothing else', async () => {
  const { dropped, by } = counted()
  let loads = 0
  const queue = spanQueue(() => Promise.reject(new Error(`load ${++loads}`)), dropped)
  await queue.close()
  expect(loads).toBe(0)
  for (const span of spans(5)) queue.add(span)
  await queue.close()
  queue.add(spanOf(6))
  expect([loads, await by('export'), queue.waiting()]).toEqual([1, 5, 0])
})

test('a lane sends batches, and while its exporter hangs it takes no more than its bound and counts the rest', async () => {
  const { dropped, by } = counted()
  const sent: number[] = []
  let hanging = Promise.withResolvers<void>()
  const send = async (batch: Span[]): Promise<void> => {
    sent.push(batch.length)
    await hanging.promise
  }
  const lane = spanLane(plainExporter(send), 'test', dropped, 5)
  for (const span of spans(queue_max + 10)) lane.add(span)
  expect(lane.waiting()).toBe(queue_max)
  expect(await by('queue')).toBe(10)

  hanging.resolve()
  await lane.flush()
  expect(sent.reduce((sum, size) => sum + size, 0)).toBe(queue_max)
  expect(Math.max(...sent)).toBeLessThanOrEqual(128)
  expect([lane.waiting(), await by('export')]).toEqual([0, 0])

  hanging = Promise.withResolvers()
  hanging.reject(new Error('no bus'))
  lane.add(spanOf(1))
  await lane.flush()
  expect([lane.waiting(), await by('export')]).toEqual([0, 1])
})
