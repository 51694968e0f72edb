import { expect, test } from 'vitest'
import { emptyState } from '../record/record.ts'
import { redelivered } from './deliveries.ts'
import { cleanRecord, linesOfKind } from './testing.ts'

const log = linesOfKind(cleanRecord(), 'log').slice(0, 10)
const deliveries = (...counts: [consumer: string, deliveries: number][]) =>
  counts.map(([consumer, count]) => ({ kind: 'delivery' as const, consumer, deliveries: count }))

test.each([
  ['each event once', deliveries(['audit', 10]), 0],
  ['three of them again', deliveries(['audit', 13], ['telemetry', 50]), 3],
  ['by several consumers together', deliveries(['audit', 6], ['audit', 7]), 3],
  ['a consumer that was made again', deliveries(['audit', 2]), 0],
  ['a record of before they were counted', [], 0],
])('events that come again are counted: %s', (_, delivery, expected) => {
  expect(redelivered({ ...emptyState(), log, delivery }, (name) => name === 'audit')).toBe(expected)
})
