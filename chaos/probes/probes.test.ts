import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { smallSystem, memoryWorld } from '../engine/memory-target.ts'
import { goodStretch_s, recovered } from './recovered.ts'
import { steadyState } from './steady-state.ts'
import { stopCondition } from './stop-condition.ts'
import { missing } from './whole.ts'
import { isGood, liveWindows, percentile, type LiveWindows } from './windows.ts'

const level = { success_rate: 0.99, p99_ms: 500 }

/** `rate` operations in each second of [from, to), of which `failed` fail, with this latency. */
function feed(
  windows: LiveWindows,
  from_s: number,
  to_s: number,
  { rate = 100, failed = 0, latency_ms = 20 } = {},
): void {
  for (let second = from_s; second < to_s; second++)
    for (let index = 0; index < rate; index++) {
      const ended_ms = second * 1000 + (index * 1000) / rate
      windows.add({ planned_ms: ended_ms - latency_ms, ended_ms, outcome: index < failed ? 'info' : 'ok' })
    }
}

test('a window is good within the service level, and bad when nobody was answered', () => {
  const window = { start_ms: 0, operations: 100, failed: 1, silent: 0, p99_ms: 500 }
  expect(isGood(window, level)).toBe(true)
  expect(isGood({ ...window, failed: 2 }, level)).toBe(false)
  expect(isGood({ ...window, p99_ms: 501 }, level)).toBe(false)
  expect(isGood({ ...window, operations: 0, failed: 0, p99_ms: 0, silent: 3 }, level)).toBe(false)
  expect(isGood({ ...window, operations: 0, failed: 0, p99_ms: 0 }, level)).toBe(null)
})

test('percentile is the nearest rank', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer(), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, share) => {
        const value = percentile(values, share)
        expect(values.filter((each) => each <= value).length).toBeGreaterThanOrEqual(share * values.length - 1e-9)
        expect(values.filter((each) => each < value).length).toBeLessThan(share * values.length + 1e-9)
      },
    ),
  )
})

test('the good stretch counts back to the last bad window', () => {
  const windows = liveWindows()
  feed(windows, 0, 10)
  feed(windows, 10, 13, { failed: 50 })
  feed(windows, 13, 20)
  expect(goodStretch_s(windows.between(0, 21_000), level)).toBe(7)
  expect(recovered(windows, level, { good_s: 7, from_ms: 13_000, now_ms: 21_000 })).toBe(true)
  expect(recovered(windows, level, { good_s: 7, from_ms: 15_000, now_ms: 21_000 })).toBe(false)
  // The load went silent: nothing good about that.
  expect(goodStretch_s(windows.between(0, 23_000), level)).toBe(0)
})

test('lines that are still under way do not make a window bad: the newest one is left out until it is over', () => {
  const windows = liveWindows()
  feed(windows, 0, 10)
  expect(goodStretch_s(windows.between(0, 10_600), level)).toBe(9)
})

test('a refusal by a rule of the game is served, live as in the judgement', () => {
  const windows = liveWindows()
  const refused = { planned_ms: 0, ended_ms: 10, outcome: 'fail' } as const
  windows.add({ ...refused, code: 'insufficient_funds' })
  windows.add({ ...refused, code: 'unavailable' })
  expect(windows.last(1, 2000)).toMatchObject({ operations: 2, failed: 1, p99_ms: 10 })
})

test('silence is bad when arrivals are planned; where none are, a window is as the one before', () => {
  const windows = liveWindows()
  windows.expect((from_ms, to_ms) => Math.max(0, Math.min(to_ms, 15_000) - Math.max(from_ms, 0)) / 1000)
  feed(windows, 0, 10, { rate: 1 })
  // One a second is planned until the fifteenth: three that are due and do not end are silence.
  expect(goodStretch_s(windows.between(0, 13_000), level)).toBe(12)
  expect(goodStretch_s(windows.between(0, 14_000), level)).toBe(0)
  expect(goodStretch_s(windows.between(0, 20_000), level)).toBe(0)
  const calm = liveWindows()
  calm.expect(() => 0)
  feed(calm, 0, 10)
  expect(goodStretch_s(calm.between(0, 15_000), level)).toBe(14)
})

test('a stop condition does not sleep when nothing ends any more', () => {
  const windows = liveWindows()
  windows.expect((from_ms, to_ms) => (to_ms - from_ms) / 100)
  feed(windows, 0, 20)
  const check = stopCondition(windows, { failed_share_max: 0.95, for_s: 5 })
  const reasons = Array.from({ length: 40 }, (_, index) => check((10 + index) * 1000))
  expect(reasons.find((reason) => reason !== null)).toBe(
    'no operation ended any more over 10 s, for 5 s, though players asked',
  )
  expect(10 + reasons.findIndex((reason) => reason !== null)).toBe(36)
})

test('windows are bounded', () => {
  const windows = liveWindows()
  feed(windows, 0, 2000, { rate: 1 })
  expect(windows.between(0, 2_001_000)).toHaveLength(180)
  expect(windows.count()).toBe(2000)
})

test('steady: within the limits over for_s, and not before that much time has passed', () => {
  const windows = liveWindows()
  const wanted = { success_rate_min: 0.99, p99_ms_max: 100, for_s: 5, limit_s: 30 }
  feed(windows, 0, 3, { latency_ms: 400 })
  feed(windows, 3, 20)
  const at = (now_s: number) => steadyState(windows, wanted, { from_ms: 2000, now_ms: now_s * 1000 }).steady
  expect([5, 6, 7, 8, 9, 10].map(at)).toEqual([false, false, false, false, true, true])
  expect(steadyState(windows, wanted, { from_ms: 2000, now_ms: 40_000 })).toEqual({
    steady: false,
    text: 'no operation ended in the last 5 s',
  })
})

test('a stop condition needs the share to be above the limit without a break', () => {
  const windows = liveWindows()
  feed(windows, 0, 20)
  feed(windows, 20, 60, { failed: 80 })
  const reasons = (from_s: number, to_s: number, failed_share_max: number) => {
    const check = stopCondition(windows, { failed_share_max, for_s: 5 })
    return Array.from({ length: to_s - from_s }, (_, index) => check((from_s + index) * 1000))
  }
  expect(reasons(1, 20, 0.5).every((reason) => reason === null)).toBe(true)
  expect(reasons(21, 60, 1).every((reason) => reason === null)).toBe(true)
  const found = reasons(21, 60, 0.5)
  // Above one half after 7 s of 80 %, then 5 s more.
  expect(found.findIndex((reason) => reason !== null)).toBe(12)
  expect(found.find((reason) => reason !== null)).toContain('failed over 10 s')
})

test('missing names services without their replicas and stores without a leader', async () => {
  const sample = await (await memoryWorld().target.connect('memory-1')).sample()
  expect(missing(sample, smallSystem)).toEqual([])
  const [first, ...rest] = sample.instances
  const broken = { ...sample, instances: [{ ...first!, state: 'back-off' as const }, ...rest] }
  broken.stores = { ...sample.stores, postgres: { leader: null, standby_state: 'down', replication_lag_bytes: null } }
  expect(missing(broken, smallSystem)).toEqual(['game-a 0/1', 'postgres has no leader', 'postgres standby down'])
})
