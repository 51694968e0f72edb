import { expect, test } from 'vitest'
import { judge } from '../gate/judge.ts'
import { fixture, recordOf, type RawRecord } from '../record/fixture.ts'
import { measureTraces } from './traces.ts'

const raw = fixture({ rate_per_s: 20, trials: 1, players: 8, traced: 3, story: 'wallet-kill', severity: 3 })
const measured = (change: (spans: NonNullable<RawRecord['spans']>) => NonNullable<RawRecord['spans']>) =>
  measureTraces(recordOf({ ...raw, spans: change(raw.spans!) }))!

test('the slowest of those that met the fault are shown, as trees in the order of time', () => {
  const { operations, spans, slowest } = measured((all) => all)
  expect(operations).toBe(new Set(raw.spans!.map(({ trace_id }) => trace_id)).size)
  expect(spans).toBe(raw.spans!.length)
  expect(slowest).toHaveLength(3)
  for (const { fault } of slowest) expect(fault).toContain('process-kill')
  const lengths = slowest.map(({ duration_ms }) => duration_ms)
  expect(lengths).toEqual(lengths.toSorted((one, other) => other - one))
  const [first] = slowest
  expect(first!.spans.map(({ service, name, depth }) => `${depth} ${service} ${name}`)).toEqual([
    '0 client spin',
    '1 gateway POST /v1/spins',
    '2 gateway SET',
    '2 gateway POST /rounds',
    '3 game POST /rounds',
    '4 game round-open',
    '4 game POST /transfers',
    '5 wallet POST /transfers',
    '6 wallet wallet-transfer-traced',
    '4 game round-move',
  ])
  expect(first!).toMatchObject({ left_out: 0, afterwards: 2 })
})

test('a span whose parent died with its process hangs on the operation', () => {
  const { slowest } = measured((all) =>
    all.filter(({ name, service }) => service !== 'game' || name !== 'POST /rounds'),
  )
  expect(slowest[0]!.spans.find(({ name }) => name === 'round-open')).toMatchObject({ depth: 1 })
})

test('a run without a trace says nothing of traces, and one without a fault shows its slowest', () => {
  expect(measureTraces(recordOf(fixture({ rate_per_s: 5, trials: 1 })))).toBeUndefined()
  const { slowest } = measureTraces(recordOf(fixture({ rate_per_s: 20, story: 'traffic-surge', traced: 10 })))!
  expect(slowest.map(({ fault }) => fault)).toEqual([null, null, null])
})

test('a violation names the traces of its operations', () => {
  const planted = fixture({ rate_per_s: 20, trials: 1, players: 8, traced: 1 })
  const lost = planted.history.find(({ kind, type }) => kind === 'spin' && type === 'ok')!
  planted.ledger = planted.ledger.filter(
    (line) => line.kind !== 'transfer' || line.round_id !== (lost.value['round_id'] as string),
  )
  const { violations } = judge(recordOf(planted)).consistency
  const named = violations.filter(({ witness }) =>
    witness.operations.some((line) => (line as { operation_id: string }).operation_id === lost.operation_id),
  )
  const trace = planted.spans!.find(({ attributes }) => attributes['slot.operation.id'] === lost.operation_id)!
  expect(named.length).toBeGreaterThan(0)
  for (const { trace_ids } of named) expect(trace_ids).toContain(trace.trace_id)
  expect(judge(recordOf({ ...planted, spans: [] })).consistency.violations.some(({ trace_ids }) => trace_ids)).toBe(
    false,
  )
})
