import { expect, test } from 'vitest'
import { currentTrace, headerOf, newTrace, traceOf, withTrace } from './trace.ts'

test('a hop keeps the trace and its flags, and gets a span of its own', () => {
  const first = newTrace()
  expect(headerOf(first)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  const next = traceOf(headerOf({ ...first, flags: '00' }))
  expect(next).toMatchObject({ trace_id: first.trace_id, flags: '00' })
  expect(next.span_id).not.toBe(first.span_id)
})

test('what is no trace context starts a new trace', () => {
  for (const header of [undefined, '', '00-xyz', ['a', 'b'], `01-${'a'.repeat(32)}-${'b'.repeat(16)}-01`])
    expect(headerOf(traceOf(header))).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
})

test('identifiers differ, also across blocks of random bytes', () => {
  const ids = Array.from({ length: 1000 }, () => newTrace().trace_id)
  expect(new Set(ids).size).toBe(1000)
})

test('the trace follows asynchronous work', async () => {
  const trace = newTrace()
  await withTrace(trace, async () => {
    await Promise.resolve()
    expect(currentTrace()).toBe(trace)
  })
  expect(currentTrace()).toBeUndefined()
})
