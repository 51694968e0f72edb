import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { inOrder } from './in-order.ts'

test('events within the window come out in order, those of one time as they came', () => {
  const delays = fc.array(fc.nat(500), { minLength: 1, maxLength: 6000 })
  fc.assert(
    fc.property(delays, (late) => {
      const events = late.map((late_ms, number) => ({ at_ms: Math.floor(number / 3) - late_ms, number }))
      const emitted: typeof events = []
      const order = inOrder<(typeof events)[number]>(500, (event) => emitted.push(event))
      for (const event of events) order.add(event)
      order.end()
      expect(emitted).toEqual(events.toSorted((one, other) => one.at_ms - other.at_ms))
    }),
    { numRuns: 40 },
  )
})

test('memory stays bounded by the window', () => {
  let emitted = 0
  let waiting_most = 0
  const order = inOrder<{ at_ms: number }>(100, () => emitted++)
  for (let at_ms = 0; at_ms < 50_000; at_ms++) {
    order.add({ at_ms })
    waiting_most = Math.max(waiting_most, at_ms - emitted)
  }
  expect(waiting_most).toBeLessThan(1200)
})
