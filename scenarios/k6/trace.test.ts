import { expect, test } from 'vitest'
import { operationTrace } from './trace.ts'

const ids = Array.from({ length: 20_000 }, (_, index) => `i${index}`)
const sampledOf = (seed: string, share: number): string[] =>
  ids.filter((id) => operationTrace(seed, 'run', share, id).sampled !== undefined)

test('a share of the operations is sampled, and the seed says which', () => {
  expect(sampledOf('one', 0)).toEqual([])
  expect(sampledOf('one', 1)).toEqual(ids)
  const few = sampledOf('one', 0.01)
  // Five standard deviations to each side.
  expect(Math.abs(few.length - 200)).toBeLessThan(71)
  expect(sampledOf('one', 0.01)).toEqual(few)
  expect(sampledOf('two', 0.01)).not.toEqual(few)
  expect(sampledOf('one', 0.02)).toEqual(expect.arrayContaining(few))
})

test('each operation has a trace of its own, in the form of the header, and its flag says whether it is sampled', () => {
  const traces = ids.slice(0, 500).map((id) => operationTrace('one', 'run', 0.5, id))
  for (const { traceparent, sampled } of traces)
    expect(traceparent).toMatch(
      sampled === undefined ? /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/ : new RegExp(`^00-${sampled[0]}-${sampled[1]}-01$`),
    )
  expect(new Set(traces.map(({ traceparent }) => traceparent.slice(3, 35))).size).toBe(500)
  expect(operationTrace('one', 'other', 1, 'i1').sampled?.[0]).not.toBe(
    operationTrace('one', 'run', 1, 'i1').sampled?.[0],
  )
})
