import { expect, test } from 'vitest'
import { Problem } from '#sut/contracts/problems.ts'
import type { Span } from '#sut/contracts/tracing.ts'
import { currentTrace, newTrace, withTrace } from './trace.ts'
import { tracer, type SpanDescription } from './tracer.ts'

const place = { service: 'wallet', instance: 'wallet-a-1', region: 'a' } as const
const named = (name: string): SpanDescription => ({ name, kind: 'internal', attributes: { name } })

function setUp() {
  const spans: Span[] = []
  let now_ms = 1000
  const clock = { wall_ms: () => now_ms++, monotonic_ms: () => now_ms }
  return { spans, ...tracer(place, clock, (span) => spans.push(span)) }
}

test('spans nest as the work does, and end after what is inside of them', async () => {
  const { spans, span } = setUp()
  const root = newTrace(true)
  const result = await withTrace(root, () =>
    span(
      () => named('outer'),
      async (outer) => {
        await span(
          () => named('inner'),
          () => Promise.resolve(),
        )
        outer!.set({ answer: 42 })
        return currentTrace()
      },
    ),
  )
  const [inner, outer] = spans as [Span, Span]
  expect(spans.map(({ name }) => name)).toEqual(['inner', 'outer'])
  expect(inner).toMatchObject({ ...place, trace_id: root.trace_id, parent_id: outer.span_id, error: null })
  expect(outer).toMatchObject({ parent_id: root.span_id, attributes: { name: 'outer', answer: 42 } })
  expect(result).toMatchObject({ span_id: outer.span_id })
  expect(outer.start_ms).toBeLessThan(inner.start_ms)
  expect(outer.end_ms).toBeGreaterThan(inner.end_ms)
})

test.for([
  ['a problem', new Problem('insufficient_funds', 'of player seven'), 'insufficient_funds'],
  ['an error of a store', Object.assign(new Error('key (name)=(player seven) exists'), { code: '23505' }), '23505'],
  ['any error', new TypeError('player is undefined'), 'TypeError'],
] as const)('%s ends its span with a code, without its text', async ([, error, code]) => {
  const { spans, span } = setUp()
  const failing = withTrace(newTrace(true), () =>
    span(
      () => named('failing'),
      () => Promise.reject(error),
    ),
  )
  await expect(failing).rejects.toBe(error)
  expect(spans).toMatchObject([{ error: code, attributes: { 'error.type': code } }])
  expect(JSON.stringify(spans)).not.toContain('player')
})

test.for([newTrace(false), undefined])(
  'of a trace that is not sampled nothing is described or recorded',
  async (trace) => {
    const { spans, span } = setUp()
    const describe = (): SpanDescription => expect.fail('described')
    const seen = await withTrace(trace, () => span(describe, async (inside) => [inside, currentTrace()]))
    expect(seen).toEqual([undefined, trace])
    expect(spans).toEqual([])
  },
)
