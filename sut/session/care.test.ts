import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { careAt, dayOf, no_care, raise_after_ms, withExclusion, withLimit, type Care } from './care.ts'

const start_ms = 1_750_000_000_000
const hour_ms = 3_600_000
const limit = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(null))
const asked = fc.array(fc.record({ after_ms: fc.integer({ min: 0, max: 40 * hour_ms }), wanted: limit }), {
  minLength: 1,
  maxLength: 8,
})
const rank = (max_minor: number | null): number => max_minor ?? Infinity
const most = (care: Care, at_ms: number): number => rank(careAt(care, at_ms).daily_loss_max_minor)

test('stricter counts at once, looser a day later and never earlier, the last word in the end', () => {
  const property = fc.property(asked, (asks) => {
    let care = no_care
    let now_ms = start_ms
    for (const { after_ms, wanted } of asks) {
      now_ms += after_ms
      const before = careAt(care, now_ms)
      care = withLimit(care, wanted, now_ms)
      expect(most(care, now_ms)).toBe(Math.min(most(before, now_ms), rank(wanted)))
      for (const later_ms of [1, 12 * hour_ms, raise_after_ms - 1]) {
        const at_ms = now_ms + later_ms
        // What is looser now had been asked for before.
        const waited = before.pending !== null && before.pending.effective_at_ms <= at_ms
        const allowed = waited ? rank(before.pending!.daily_loss_max_minor) : 0
        expect(most(care, at_ms)).toBeLessThanOrEqual(Math.max(most(care, now_ms), allowed))
      }
      expect(most(care, now_ms + raise_after_ms)).toBe(rank(wanted))
    }
  })
  fc.assert(property, { numRuns: 500, seed: 1 })
})

test('asking again for what waits does not make it wait longer; a stricter limit takes the wait away', () => {
  const waiting = withLimit(withLimit(no_care, 100, start_ms), 200, start_ms)
  expect(waiting.pending).toEqual({ daily_loss_max_minor: 200, effective_at_ms: start_ms + raise_after_ms })
  expect(withLimit(waiting, 200, start_ms + hour_ms)).toEqual(waiting)
  expect(withLimit(waiting, 300, start_ms + hour_ms).pending?.effective_at_ms).toBe(start_ms + hour_ms + raise_after_ms)
  expect(withLimit(waiting, 100, start_ms + hour_ms)).toEqual({ ...no_care, daily_loss_max_minor: 100 })
})

test('an exclusion is never shorter than one before, and says nothing of the limit', () => {
  const property = fc.property(asked, (asks) => {
    let care: Care = { ...no_care, daily_loss_max_minor: 7 }
    let now_ms = start_ms
    for (const { after_ms, wanted } of asks) {
      now_ms += after_ms
      const until_ms = care.excluded_until_ms ?? 0
      const days = 1 + (wanted ?? 0)
      care = withLimit(withExclusion(care, days, now_ms), 7, now_ms)
      expect(care.excluded_until_ms).toBe(Math.max(until_ms, now_ms + days * 24 * hour_ms))
      expect(care.daily_loss_max_minor).toBe(7)
    }
    expect(careAt(care, care.excluded_until_ms!).excluded_until_ms).toBe(null)
    expect(careAt(care, care.excluded_until_ms! - 1)).toEqual(care)
  })
  fc.assert(property, { numRuns: 200, seed: 2 })
})

test('a day is a calendar day in UTC', () => {
  const midnight_ms = Date.UTC(2026, 10, 25)
  expect(dayOf(midnight_ms) - dayOf(midnight_ms - 1)).toBe(1)
  expect(dayOf(midnight_ms + 24 * hour_ms - 1)).toBe(dayOf(midnight_ms))
})
