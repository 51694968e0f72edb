import { expect, test } from 'vitest'
import { type LoadReading, ratesBetween, sumOverServices } from './load.ts'

const reading = (changes: Partial<LoadReading>): LoadReading => ({
  at_ms: 0,
  pid: 1,
  cpu_ms: 0,
  resident_bytes: 100,
  requests_total: 0,
  in_flight: 0,
  queue_depth: 3,
  latency_p95_ms: 7,
  ...changes,
})

test('rates are differences over time, levels are those of the later reading', () => {
  const rates = ratesBetween(reading({}), reading({ at_ms: 2_000, cpu_ms: 500, requests_total: 30 }))
  expect(rates).toEqual({
    cpu_millicores: 250,
    requests_per_s: 15,
    queue_depth: 3,
    latency_p95_ms: 7,
    resident_bytes: 100,
  })
})

test('nothing is told of a process whose earlier reading is missing, or that of another process', () => {
  const later = reading({ at_ms: 2_000, cpu_ms: 500, requests_total: 30 })
  for (const earlier of [null, reading({ pid: 2 }), later])
    expect(ratesBetween(earlier, later)).toMatchObject({ cpu_millicores: 0, requests_per_s: 0 })
})

test('pending work is counted once for each service, whatever instance tells most', () => {
  const answers = [
    { service: 'wallet', pending: { outbox: 2 } },
    { service: 'wallet', pending: { outbox: 3 } },
    { service: 'game', pending: { outbox: 1, rounds_open: 4 } },
  ]
  expect(sumOverServices(answers)).toEqual({ outbox: 4, rounds_open: 4 })
})
