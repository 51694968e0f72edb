import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ScalingView, decideScaling, desiredBy } from './hpa.ts'
import { defaultSettings } from './settings.ts'

const idle = { cpu_percent: 0, requests_per_s: 0, queue_depth: 0, latency_p95_ms: 0 }
const view = (changes: Partial<ScalingView>): ScalingView => ({
  now_ms: 100_000,
  replicas: 1,
  ready: [idle],
  signals: [
    { signal: 'cpu_percent', target: 80 },
    { signal: 'requests_per_s', target: 60 },
  ],
  min: 1,
  max: 10,
  history: [],
  ...changes,
})

describe('one signal', () => {
  test('follows ceil(ready × value / target)', () => {
    expect(desiredBy(120, 60, 2, 2, 0.1)).toBe(4)
    expect(desiredBy(70, 60, 3, 3, 0.1)).toBe(4)
    expect(desiredBy(20, 60, 3, 3, 0.1)).toBe(1)
  })
  test('changes nothing within the tolerance', () => {
    expect(desiredBy(65, 60, 4, 4, 0.1)).toBe(4)
    expect(desiredBy(55, 60, 4, 4, 0.1)).toBe(4)
  })
  test('counts instances that are not ready yet as idle before it grows further', () => {
    expect(desiredBy(120, 60, 1, 2, 0.1)).toBe(2)
    expect(desiredBy(240, 60, 1, 2, 0.1)).toBe(4)
  })
  test('does not judge without a ready instance', () => {
    expect(desiredBy(0, 60, 0, 2, 0.1)).toBe(2)
  })
  test('never grows below the target nor shrinks above it', () => {
    const amount = fc.double({ min: 0, max: 1e4, noNaN: true })
    const property = fc.property(amount, fc.nat(20), fc.nat(5), (value, ready, waiting) => {
      const desired = desiredBy(value, 60, ready, ready + waiting, 0.1)
      expect(Number.isInteger(desired)).toBe(true)
      if (value < 60) expect(desired).toBeLessThanOrEqual(ready + waiting)
      else expect(desired).toBeGreaterThanOrEqual(ready + waiting)
    })
    fc.assert(property)
  })
})

describe('decision', () => {
  test('the largest signal wins and is named', () => {
    const decision = decideScaling(
      view({ ready: [{ ...idle, cpu_percent: 100, requests_per_s: 180 }] }),
      defaultSettings,
    )
    expect(decision).toMatchObject({ replicas: 3, signal: 'requests_per_s', value: 180, target: 60 })
  })
  test('one high reading alone does not make it grow, a second one does', () => {
    const hot = { ...idle, requests_per_s: 180 }
    const { hpa_sync_ms } = defaultSettings
    const calm = [{ at_ms: 100_000 - hpa_sync_ms, replicas: 1 }]
    const first = decideScaling(view({ ready: [hot], history: calm }), defaultSettings)
    expect(first.replicas).toBe(1)
    const next = view({ now_ms: 100_000 + hpa_sync_ms, ready: [hot], history: first.history })
    expect(decideScaling(next, defaultSettings).replicas).toBe(3)
  })
  test('growth is at most four instances or a doubling per period', () => {
    const hot = { ...idle, requests_per_s: 6000 }
    expect(decideScaling(view({ ready: [hot], max: 100 }), defaultSettings).replicas).toBe(5)
    const six = view({ ready: Array.from({ length: 6 }, () => hot), replicas: 6, max: 100 })
    expect(decideScaling(six, defaultSettings).replicas).toBe(12)
  })
  test('shrinks only to the highest wish of the stabilization window', () => {
    const history = [
      { at_ms: 30_000, replicas: 5 },
      { at_ms: 60_000, replicas: 3 },
    ]
    const quiet = view({ replicas: 5, ready: Array.from({ length: 5 }, () => idle), history })
    expect(decideScaling(quiet, defaultSettings).replicas).toBe(3)
    expect(decideScaling({ ...quiet, now_ms: 200_000 }, defaultSettings).replicas).toBe(1)
  })
  test('stays within its bounds', () => {
    const amount = fc.double({ min: 0, max: 1e5, noNaN: true })
    const reading = fc.record({
      cpu_percent: amount,
      requests_per_s: amount,
      queue_depth: amount,
      latency_p95_ms: amount,
    })
    const property = fc.property(fc.array(reading, { maxLength: 8 }), fc.nat(3), (ready, waiting) => {
      const replicas = Math.min(8, Math.max(2, ready.length + waiting))
      const decision = decideScaling(view({ ready, replicas, min: 2, max: 8 }), defaultSettings)
      expect(decision.replicas).toBeGreaterThanOrEqual(2)
      expect(decision.replicas).toBeLessThanOrEqual(8)
    })
    fc.assert(property)
  })
})
