import { expect, test } from 'vitest'
import { deedOf } from './deed.ts'
import { count, listed, milliseconds, percent, plural, seconds, secondsRange, times } from './words.ts'
import { fixtureSystem } from '../record/fixture-system.ts'
import type { RecoveryTrial } from '../record/result.ts'

const plain = (text: string): string => text.replaceAll('\u00A0', ' ')

test('numbers as people read them', () => {
  expect([0, 999, 1000, 1_234_567].map((value) => plain(count(value)))).toEqual(['0', '999', '1 000', '1 234 567'])
  expect([0, 0.04, 1, 1.24, 75, 120.4, null].map((value) => plain(seconds(value)))).toEqual([
    '0 s',
    '0.04 s',
    '1 s',
    '1.2 s',
    '75 s',
    '120 s',
    '–',
  ])
  expect(plain(secondsRange(1, 1.44))).toBe('1.0–1.4 s')
  expect(plain(secondsRange(1, null))).toBe('1.0–∞ s')
  expect([0, 0.0013, 0.025, 0.4].map((value) => plain(percent(value)))).toEqual(['0 %', '0.13 %', '2.5 %', '40 %'])
  expect([2.25, 1234].map((value) => plain(milliseconds(value)))).toEqual(['2.3 ms', '1 234 ms'])
  expect([plural(1, 'check'), plural(2, 'check')].map(plain)).toEqual(['1 check', '2 checks'])
  expect([1, 2, 3].map(times)).toEqual(['once', 'twice', 'three times'])
  expect(listed(['a', 'b', 'c'])).toBe('a, b and c')
  expect(listed(['a', 'b', 'c', 'd', 'e'], 3)).toBe('a, b and 3 more')
})

test.each([
  [[{ fault: 'process-kill', targets: ['wallet-a-1'] }], 'killing one of two wallet instances in region a'],
  [[{ fault: 'process-kill', targets: ['game-b-1'] }], 'killing the only game instance in region b'],
  [[{ fault: 'process-kill', targets: ['postgres-a'] }], 'killing postgres-a'],
  [[{ fault: 'region-outage', targets: ['region a'] }], 'losing region a'],
  [
    [{ fault: 'link-latency', targets: ['game-a>wallet-a-1', 'game-b>wallet-b-1'] }],
    'slowing the link from game to wallet',
  ],
  [[{ fault: 'link-down', targets: ['wallet-a>postgres-a'] }], 'cutting the link from wallet to postgres'],
  [[{ fault: 'clock-skew', targets: ['x'] }], 'clock-skew on x'],
] as const)('what was done to the system %#', (trials, text) => {
  expect(deedOf({ system: fixtureSystem }, trials as unknown as RecoveryTrial[])).toBe(text)
})
