import { expect, test } from 'vitest'
import type { ClientOperation } from '../record/operations.ts'
import { windowLength_ms, windowsOf } from './windows.ts'

const slo = { success_rate: 0.99, p99_ms: 500 }

/** `rate` operations a second from 0 to `seconds`, each 20 ms; `change` what is different about some. */
export function steady(
  rate: number,
  seconds: number,
  change: (planned_ms: number, index: number) => Partial<ClientOperation> = () => ({}),
): ClientOperation[] {
  return Array.from({ length: rate * seconds }, (_, index) => {
    const planned_ms = (index * 1000) / rate
    const operation: ClientOperation = {
      id: `o-${index}`,
      kind: 'spin',
      region: 'a',
      planned_ms,
      start_ms: planned_ms,
      end_ms: planned_ms + 20,
      attempts: 1,
      refusals: [],
      status: 200,
      error: '',
      outcome: 'ok',
      dropped: false,
      counted: true,
    }
    return { ...operation, ...change(planned_ms, index) }
  })
}
const cut = (operations: ClientOperation[], to_ms: number) =>
  windowsOf(operations, { from_ms: 0, to_ms, window_ms: 500, slo })
const bad = (windows: { good: boolean }[]): number[] => windows.flatMap(({ good }, index) => (good ? [] : [index]))

test('windows are finer where there are enough operations', () => {
  expect(windowLength_ms(steady(40, 10))).toBe(500)
  expect(windowLength_ms(steady(20, 10))).toBe(1000)
  expect(windowLength_ms([])).toBe(1000)
})

test('failures and slow answers make bad windows, by the planned start', () => {
  const operations = steady(100, 4, (planned_ms) =>
    planned_ms >= 1000 && planned_ms < 1500
      ? { outcome: 'info', status: 0 }
      : planned_ms >= 2500 && planned_ms < 3000
        ? { end_ms: planned_ms + 600 }
        : {},
  )
  const windows = cut(operations, 4000)
  expect(bad(windows)).toEqual([2, 5])
  expect(windows[2]).toMatchObject({ failed: 50, slow: 0 })
  expect(windows[5]).toMatchObject({ failed: 0, slow: 50 })
})

test('one miss among few operations is judged over its neighbourhood: alone it is noise, among others it is not', () => {
  const alone = steady(40, 20, (_planned, index) => (index === 400 ? { outcome: 'info' } : {}))
  expect(bad(cut(alone, 20_000))).toEqual([])
  const often = steady(40, 20, (_planned, index) => (index % 20 === 7 ? { outcome: 'info' } : {}))
  expect(bad(cut(often, 20_000))).toHaveLength(40)
})

test('an empty window is as good as the one before it', () => {
  const operations = steady(100, 2, (planned_ms) => (planned_ms >= 500 ? { outcome: 'info' } : {})).filter(
    ({ planned_ms }) => planned_ms < 1000 || planned_ms >= 1500,
  )
  expect(bad(cut(operations, 2000))).toEqual([1, 2, 3])
})

test('dropped arrivals are failures', () => {
  const operations = steady(100, 1, () => ({ dropped: true, start_ms: null, end_ms: null, outcome: 'fail' }))
  expect(cut(operations, 1000)[0]).toMatchObject({ failed: 50, dropped: 50, good: false, p99_ms: null })
})
