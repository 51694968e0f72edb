import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { arrivalsBetween } from './schedule.ts'

const stage = fc.record({
  duration_s: fc.integer({ min: 1, max: 60 }),
  from_per_s: fc.integer({ min: 0, max: 100 }),
  to_per_s: fc.integer({ min: 0, max: 100 }),
})

test('arrivals are the area below the rate', () => {
  const schedule = [
    { duration_s: 10, from_per_s: 0, to_per_s: 20 },
    { duration_s: 5, from_per_s: 20, to_per_s: 20 },
  ]
  expect(arrivalsBetween(schedule, 0, 15)).toBe(200)
  expect(arrivalsBetween(schedule, 5, 10)).toBe(75)
  expect(arrivalsBetween(schedule, 12, 13)).toBe(20)
  expect([arrivalsBetween(schedule, -5, 0), arrivalsBetween(schedule, 15, 30)]).toEqual([0, 0])
})

test('parts add up to the whole', () => {
  fc.assert(
    fc.property(fc.array(stage, { maxLength: 5 }), fc.nat(100), (schedule, at_s) => {
      const parts = arrivalsBetween(schedule, -1, at_s) + arrivalsBetween(schedule, at_s, 1000)
      expect(parts).toBeCloseTo(arrivalsBetween(schedule, 0, 1000), 6)
    }),
  )
})
