import { expect, test } from 'vitest'
import { loadGauges, loadMeter } from './load-meter.ts'
import { prometheusMetrics } from './prometheus.ts'

test('counts what runs and what has ended, and the tail of the last ten seconds', () => {
  let now_ms = 0
  const meter = loadMeter({ wall_ms: () => now_ms, monotonic_ms: () => now_ms }, () => 2)
  for (let duration_ms = 1; duration_ms <= 100; duration_ms++) {
    const end = meter.begin()
    now_ms += duration_ms
    end()
  }
  const open = meter.begin()
  expect(meter.read()).toMatchObject({ requests_total: 100, in_flight: 1, queue_depth: 3, latency_p95_ms: 95 })
  now_ms += 10_001
  expect(meter.read().latency_p95_ms).toBe(0)
  open()
  expect(meter.read()).toMatchObject({ requests_total: 101, in_flight: 0 })
})

test('the rate is that of the last seconds, of a young process that of its life', () => {
  let now_ms = 0
  const meter = loadMeter({ wall_ms: () => now_ms, monotonic_ms: () => now_ms }, () => 0)
  const requests = (count: number): void => {
    for (let request = 0; request < count; request++) meter.begin()()
  }
  now_ms = 2000
  requests(40)
  expect(meter.read().requests_per_s).toBe(20)
  now_ms = 60_000
  expect(meter.read().requests_per_s).toBe(0)
  // The ring holds 2000 of these 3000: the last two seconds' worth.
  for (let second = 0; second < 3; second++) {
    requests(1000)
    now_ms += 1000
  }
  expect(meter.read().requests_per_s).toBeCloseTo(1000, -2)
})

test('the metrics page shows each level as one series', async () => {
  let now_ms = 5000
  const metrics = prometheusMetrics({ instance: 'wallet-a-1' })
  const meter = loadMeter({ wall_ms: () => now_ms, monotonic_ms: () => now_ms }, () => 7)
  loadGauges(metrics, meter)
  const serve = (count: number): void => {
    const ends = Array.from({ length: count }, () => meter.begin())
    now_ms += 30
    for (const end of ends) end()
  }
  serve(19)
  expect(meter.read().latency_p95_ms).toBe(0)
  serve(6)
  const page = await metrics.registry.metrics()
  expect(page.match(/^load_\w+\{instance="wallet-a-1"\} .*$/gm)).toEqual([
    'load_requests_per_second{instance="wallet-a-1"} 25',
    'load_latency_p95_milliseconds{instance="wallet-a-1"} 30',
    'load_queue_depth{instance="wallet-a-1"} 7',
  ])
})
