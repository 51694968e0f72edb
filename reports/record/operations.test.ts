import { expect, test } from 'vitest'
import { requestColumns, type RequestRow } from './format.ts'
import { arrivalsIn, isServed, latencyOf, operationGrouper, sinceFirstArrival } from './operations.ts'

const row = (change: Partial<RequestRow>): RequestRow => ({
  ...(Object.fromEntries(requestColumns.map((column) => [column, 0])) as RequestRow),
  operation_id: 'o-1',
  counted: 1,
  attempt: 1,
  kind: 'spin',
  region: 'a',
  planned_ms: 1000,
  start_ms: 1001,
  duration_ms: 20,
  status: 200,
  error: '',
  outcome: 'ok',
  ...change,
})
function grouped(...rows: RequestRow[]) {
  const grouper = operationGrouper()
  for (const each of rows) grouper.add(each)
  return grouper.list()
}

test('attempts of one operation are one: from the planned start to the end of the last attempt', () => {
  const [operation, ...rest] = grouped(
    row({ attempt: 2, start_ms: 1100, region: 'b' }),
    row({ status: 0, error: '1212', duration_ms: 50 }),
  )
  expect(rest).toEqual([])
  expect(operation).toMatchObject({ attempts: 2, start_ms: 1001, end_ms: 1120, region: 'b', status: 200 })
  expect(latencyOf(operation!)).toBe(120)
})

test('of two requests sent at once the first good answer counts', () => {
  const [operation] = grouped(row({ duration_ms: 30 }), row({ attempt: 2, duration_ms: 400 }))
  expect(latencyOf(operation!)).toBe(31)
})

test('a dropped arrival was never served, and is waited for without end', () => {
  const [operation] = grouped(row({ dropped: 1, start_ms: 0, duration_ms: 0, outcome: 'fail' }))
  expect(isServed(operation!)).toBe(false)
  expect(latencyOf(operation!)).toBe(Infinity)
})

test.each([
  ['ok', 200, '', true],
  ['fail', 402, 'insufficient_funds', true],
  ['fail', 422, '', true],
  ['fail', 503, 'unavailable', false],
  ['fail', 429, 'too_many_requests', false],
  ['fail', 409, 'round_cancelled', false],
  ['info', 0, '1050', false],
])('an operation that ended as %s with %d %s: served is %s', (outcome, status, error, served) => {
  expect(isServed(grouped(row({ outcome, status, error }))[0]!)).toBe(served)
})

test('what clients do before the first arrival is no part of the load', () => {
  const setup = ['register', 'login', 'open_session', 'deposit'].map((kind, index) =>
    row({ operation_id: `p1-${kind}`, kind, planned_ms: 500 + index, start_ms: 500 + index }),
  )
  const beside = row({ operation_id: 'i1-renew', kind: 'login', planned_ms: 1500, start_ms: 1500 })
  const operations = grouped(...setup, row({}), beside)
  expect(sinceFirstArrival(operations).map(({ id }) => id)).toEqual(['o-1', 'i1-renew'])
})

// Was red: of a load of thieves and of players who must be refused, two thirds of the arrivals were said to be missing.
test('an arrival is one, whoever arrives, and however much he asks for', () => {
  const operations = grouped(
    row({ operation_id: 'p0-register', kind: 'register' }),
    row({ operation_id: 'i0' }),
    row({ operation_id: 'i1-first', kind: 'login', counted: 0 }),
    row({ operation_id: 'i1', kind: 'balance', counted: 0 }),
    row({ operation_id: 'i1.1', kind: 'balance', counted: 0 }),
    row({ operation_id: 'd2', dropped: 1 }),
    row({ operation_id: 'p0-rotate', kind: 'rotate_seed', counted: 0 }),
  )
  expect(arrivalsIn(operations)).toBe(3)
})
