import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { latencyFigures, lowerBound, medianInterval, percentile } from './statistics.ts'

test('nearest rank gives a value that was measured', () => {
  expect(percentile([1, 2, 3, 4], 0.5)).toBe(2)
  expect(percentile([1, 2, 3, 4], 0.99)).toBe(4)
  expect(percentile([7], 0)).toBe(7)
  expect(percentile([], 0.5)).toBeNull()
})

test('at least the share of all values is not above the percentile, and fewer below it', () => {
  const values = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1 })
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (list, share) => {
      const sorted = list.toSorted((one, other) => one - other)
      const found = percentile(sorted, share)!
      const notAbove = sorted.filter((value) => value <= found).length
      const below = sorted.filter((value) => value < found).length
      expect(notAbove / sorted.length).toBeGreaterThanOrEqual(share - 1e-9)
      expect(below / sorted.length).toBeLessThan(share)
    }),
  )
})

test.each([
  [[1.2], { median_s: 1.2, low_s: 1.2, high_s: 1.2, confidence: 0 }],
  [[3, 1, 2], { median_s: 2, low_s: 1, high_s: 3, confidence: 0.75 }],
  [[1, 2, 3, 4, 5], { median_s: 3, low_s: 1, high_s: 5, confidence: 0.9375 }],
  [[4, 1, 2, 3], { median_s: 2.5, low_s: 1, high_s: 4, confidence: 0.875 }],
  [[1, null, 2], { median_s: 2, low_s: 1, high_s: null, confidence: 0.75 }],
  [[1, null, null], { median_s: null, low_s: 1, high_s: null, confidence: 0.75 }],
  [[], { median_s: null, low_s: null, high_s: null, confidence: 0 }],
])('the median and interval of %j; censored trials are longer than all', (values, expected) => {
  expect(medianInterval(values)).toEqual({ trials: values.length, ...expected })
})

test('figures of nothing are zero', () => {
  expect(latencyFigures([])).toEqual({ count: 0, mean_ms: 0, p50_ms: 0, p95_ms: 0, p99_ms: 0, max_ms: 0 })
})

test('lower bound is where the value would be put', () => {
  expect([0, 5, 6, 11].map((wanted) => lowerBound([5, 5, 10], wanted, (value) => value))).toEqual([0, 0, 2, 3])
})
