import { expect, test } from 'vitest'
import { type BackOff, afterCrash } from './back-off.ts'
import { defaultSettings } from './settings.ts'

function waits(runs_ms: number[]): number[] {
  let state: BackOff = { crashes: 0 }
  return runs_ms.map((ran_ms) => {
    const next = afterCrash(state, ran_ms, defaultSettings)
    state = next
    return next.wait_ms / 1000
  })
}

test('the first restart is immediate, then the wait doubles up to five minutes', () => {
  expect(waits([1, 1, 1, 1, 1, 1, 1, 1, 1])).toEqual([0, 10, 20, 40, 80, 160, 300, 300, 300])
})

test('a run of ten minutes starts it anew', () => {
  expect(waits([1, 1, 1, 600_000, 1])).toEqual([0, 10, 20, 0, 10])
})
