import { expect, test } from 'vitest'
import { loadMeter } from './load-meter.ts'

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
