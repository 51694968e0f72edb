import { expect, test } from 'vitest'
import { childOf, currentTrace, drawn, headerOf, hopIn, isSampled, newTrace, traceOf, withTrace } from './trace.ts'

test('a hop keeps the trace and its flags, and gets a span of its own, whose parent is the one before', () => {
  const first = newTrace(true)
  expect(headerOf(first)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  expect(hopIn(headerOf(first))).toEqual(first)
  const next = traceOf(headerOf({ ...first, flags: '00' }), 1)
  expect(next).toMatchObject({ trace_id: first.trace_id, flags: '00', parent_id: first.span_id })
  expect(next.span_id).not.toBe(first.span_id)
  expect(childOf(next)).toMatchObject({ trace_id: first.trace_id, parent_id: next.span_id })
})

test('what is no trace context starts a new trace, sampled by the share alone', () => {
  for (const header of [undefined, '', '00-xyz', ['a', 'b'], `01-${'a'.repeat(32)}-${'b'.repeat(16)}-01`]) {
    expect(headerOf(traceOf(header, 1))).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(headerOf(traceOf(header, 0))).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
  }
})

test('whether a trace is recorded is the lowest bit of its flags, decided once', () => {
  const flagged = (flags: string) => ({ ...newTrace(false), flags })
  for (const flags of ['01', '03', '0b', 'ff']) expect(isSampled(flagged(flags)), flags).toBe(true)
  for (const flags of ['00', '02', '0a', 'fe']) expect(isSampled(flagged(flags)), flags).toBe(false)
  expect(isSampled(undefined)).toBe(false)
})

test('a share of what is drawn is sampled: none, all, or about as many as it says', () => {
  const count = (share: number): number => Array.from({ length: 20_000 }, () => drawn(share)).filter(Boolean).length
  expect(count(0)).toBe(0)
  expect(count(1)).toBe(20_000)
  // Five standard deviations to each side.
  expect(Math.abs(count(0.01) - 200)).toBeLessThan(71)
})

test('identifiers differ, also across blocks of random bytes', () => {
  const ids = Array.from({ length: 1000 }, () => newTrace(false).trace_id)
  expect(new Set(ids).size).toBe(1000)
})

test('the trace follows asynchronous work', async () => {
  const trace = newTrace(false)
  await withTrace(trace, async () => {
    await Promise.resolve()
    expect(currentTrace()).toBe(trace)
  })
  expect(currentTrace()).toBeUndefined()
})
