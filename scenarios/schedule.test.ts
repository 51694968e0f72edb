import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { climb } from './profiles/climb.ts'
import { steady } from './profiles/steady.ts'
import { surge } from './profiles/surge.ts'
import { arrivalTimes_ms, assignSlots, scheduleDuration_s, slots_max } from './schedule.ts'

const rate = fc.double({ min: 0, max: 50, noNaN: true })
const stage = fc.record({
  duration_s: fc.double({ min: 0.1, max: 20, noNaN: true }),
  from_per_s: rate,
  to_per_s: rate,
})
const stages = fc.array(stage, { minLength: 1, maxLength: 4 })

test('a constant rate gives evenly spaced arrivals, the first after one interval', () => {
  const times_ms = arrivalTimes_ms([{ duration_s: 2, from_per_s: 4, to_per_s: 4 }])
  expect([...times_ms]).toEqual([250, 500, 750, 1000, 1250, 1500, 1750, 2000])
})

test('a ramp from 0 to r over d seconds: arrival k at d · √(2k / (r·d))', () => {
  const times_ms = arrivalTimes_ms([{ duration_s: 5, from_per_s: 0, to_per_s: 10 }])
  expect(times_ms).toHaveLength(25)
  times_ms.forEach((time_ms, index) => expect(time_ms).toBeCloseTo(5000 * Math.sqrt((index + 1) / 25), 6))
})

test('a fraction of an arrival is carried over into the next stage', () => {
  const times_ms = arrivalTimes_ms([
    { duration_s: 4.9, from_per_s: 2, to_per_s: 2 },
    { duration_s: 1, from_per_s: 1, to_per_s: 1 },
  ])
  expect(times_ms).toHaveLength(10)
  expect(times_ms[9]).toBeCloseTo(5100, 6) // 9.8 arrivals in the first stage, 0.2 s more at 1/s
})

test('arrivals are ascending, inside the schedule, and as many as the integral of the rate', () => {
  fc.assert(
    fc.property(stages, (some) => {
      const times_ms = arrivalTimes_ms(some)
      const integral = some.reduce((sum, each) => sum + (each.duration_s * (each.from_per_s + each.to_per_s)) / 2, 0)
      expect(Math.abs(times_ms.length - integral)).toBeLessThan(1 + 0.02 * some.length)
      for (let index = 0; index < times_ms.length; index++) {
        expect(times_ms[index]).toBeGreaterThanOrEqual(index === 0 ? 0 : times_ms[index - 1]!)
        expect(times_ms[index]).toBeLessThanOrEqual(scheduleDuration_s(some) * 1000 + 1e-6)
      }
    }),
  )
})

test('a schedule beyond the bound is refused', () => {
  const duration_s = (2 * slots_max) / 1000
  expect(() => arrivalTimes_ms([{ duration_s, from_per_s: 1000, to_per_s: 1000 }])).toThrow(RangeError)
})

const ascending = (maximum: number) =>
  fc
    .array(fc.integer({ min: 0, max: 10_000 }), { maxLength: maximum })
    .map((list) => Float64Array.from(list).toSorted())

test('with as many starts as slots each start has its own slot, however late it is', () => {
  fc.assert(
    fc.property(ascending(60), fc.nat(5000), (slots_ms, late_ms) => {
      const starts_ms = slots_ms.map((slot_ms) => slot_ms + late_ms)
      expect(assignSlots(slots_ms, starts_ms, 1).planned_ms).toEqual(slots_ms)
    }),
  )
})

test('what is dropped at once is what is left over, when starts are on time', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 80 }), fc.array(fc.nat(40), { minLength: 80 }), (dropped, late) => {
      const slots_ms = Float64Array.from(dropped, (_, index) => index * 50)
      const starts_ms = [...slots_ms.keys()].filter((slot) => !dropped[slot]).map((slot) => slot * 50 + late[slot]!)
      const { planned_ms, taken } = assignSlots(slots_ms, starts_ms, 1)
      expect([...taken].map((flag) => flag === 0)).toEqual(dropped)
      expect([...planned_ms]).toEqual([...slots_ms].filter((_, slot) => !dropped[slot]))
    }),
  )
})

test('whatever the starts: no slot twice, none after its start, and the left-over slots are counted right', () => {
  fc.assert(
    fc.property(ascending(60), ascending(60), (slots_ms, starts_ms) => {
      const { planned_ms, taken } = assignSlots(slots_ms, starts_ms, 1)
      const used = taken.reduce((sum, flag) => sum + flag, 0)
      expect(used).toBe(Math.min(slots_ms.length, starts_ms.length))
      starts_ms.forEach((start_ms, index) => expect(planned_ms[index]).toBeLessThanOrEqual(start_ms))
      expect(planned_ms).toEqual(planned_ms.toSorted())
    }),
  )
})

test('profiles: a warm-up, then the duration that was asked for', () => {
  for (const profile of [climb, steady, surge]) {
    const all = profile.stages({ rate_per_s: 30, duration_s: 68 })
    expect(scheduleDuration_s(all)).toBeCloseTo(profile.warm_up_s + 68, 9)
    expect(all[0]).toEqual({ duration_s: profile.warm_up_s, from_per_s: 0, to_per_s: 30 })
  }
  const peak = surge
    .stages({ rate_per_s: 30, duration_s: 68 })
    .map(({ duration_s, to_per_s }) => [duration_s, to_per_s])
  expect(peak).toEqual([
    [5, 30],
    [15, 30],
    [3, 120],
    [25, 120],
    [25, 30],
  ])
})
