import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { headerOf, isSampled, newTrace, type Trace } from './trace.ts'
import { fromAnybody, fromServices, provenLimits, provesWith } from './trace-entry.ts'

const key = 'k'.repeat(64)
const proofOf = ({ trace_id }: Trace, by = key): string => createHmac('sha256', by).update(trace_id).digest('hex')

function gateway(share = 0) {
  const time = { ms: 0 }
  return { time, enter: fromAnybody({ share, proves: provesWith(key), clock: { monotonic_ms: () => time.ms } }) }
}
const asked = newTrace(true)

describe('where anybody calls', () => {
  test.each([
    ['no tracestate', undefined],
    ['an empty one', ''],
    ['another vendor', 'rojo=00f067aa0ba902b7'],
    ['the proof of another trace', `slot=${proofOf(newTrace(true))}`],
    ['a proof with another key', `slot=${proofOf(asked, 'guessed')}`],
    ['half of a proof', `slot=${proofOf(asked).slice(0, 32)}`],
    ['the proof under another name', `xslot=${proofOf(asked)}`],
    ['a very long one', `${'a=b,'.repeat(200)}slot=${proofOf(asked)}`],
    ['two headers', [`slot=${proofOf(asked)}`, 'a=b']],
  ])('the flag of a client counts for nothing with %s, and its trace stays its own', (_, tracestate) => {
    const { enter } = gateway()
    const trace = enter(headerOf(asked), tracestate)
    expect(isSampled(trace)).toBe(false)
    expect(trace.trace_id).not.toBe(asked.trace_id)
    const recorded = gateway(1).enter(headerOf(asked), tracestate)
    expect([isSampled(recorded), recorded.trace_id === asked.trace_id, recorded.parent_id]).toEqual([
      true,
      false,
      undefined,
    ])
  })

  test.each([
    ['alone', `slot=${proofOf(asked)}`],
    ['among others', `rojo=1, slot=${proofOf(asked)} ,congo=2`],
  ])('it counts with a proof, %s', (_, tracestate) => {
    expect(gateway().enter(headerOf(asked), tracestate)).toMatchObject({
      trace_id: asked.trace_id,
      parent_id: asked.span_id,
      flags: '01',
    })
  })

  test('with a proof too, so many a second count', () => {
    const { time, enter } = gateway(0.01)
    const { burst, per_s } = provenLimits(0.01)
    const recorded = (tries: number): number => {
      const traces = Array.from({ length: tries }, () => newTrace(true))
      const entered = traces.map((trace) => enter(headerOf(trace), `slot=${proofOf(trace)}`))
      expect(entered.map(({ trace_id }) => trace_id)).toEqual(traces.map(({ trace_id }) => trace_id))
      return entered.filter(isSampled).length
    }
    expect(recorded(5_000)).toBe(burst)
    time.ms = 1_000
    expect(recorded(5_000)).toBe(per_s)
  })

  test('a trace that is not sampled goes on under its id; other flags go no further', () => {
    const { enter } = gateway(1)
    for (const flags of ['00', '02', 'fe'])
      expect(enter(headerOf({ ...asked, flags }), undefined)).toMatchObject({ trace_id: asked.trace_id, flags: '00' })
    expect(enter(headerOf({ ...asked, flags: 'ff' }), `slot=${proofOf(asked)}`).flags).toBe('01')
  })

  test.each([
    undefined,
    '',
    'x',
    `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`,
    `00-${'1'.repeat(32)}-${'0'.repeat(16)}-01`,
  ])('what is no trace starts one, drawn by the share alone: %s', (header) => {
    expect(isSampled(gateway(1).enter(header, undefined))).toBe(true)
    expect(isSampled(gateway(0).enter(header, undefined))).toBe(false)
  })

  test('without a key nothing is proven', () => {
    for (const none of [undefined, '']) {
      const proves = provesWith(none)
      expect(proves(asked.trace_id, `slot=${proofOf(asked, '')}`)).toBe(false)
    }
  })
})

test('between services the flag counts as it is', () => {
  expect(fromServices(headerOf(asked), undefined)).toMatchObject({ trace_id: asked.trace_id, flags: '01' })
  expect(isSampled(fromServices(undefined, undefined))).toBe(false)
})
