import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyVersion, contiguous, type Applied } from './versions.ts'

test('any order and repetition of versions gives the ranges of their set', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 120 }), (versions) => {
      const applied: Applied[] = []
      const seen = new Set<number>()
      for (const version of versions) {
        expect(applyVersion(applied, version, BigInt(version * 10))).toBe(!seen.has(version))
        seen.add(version)
      }
      expect(
        applied.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index)),
      ).toEqual([...seen].toSorted((left, right) => left - right))
      for (const { to, balance_minor } of applied) expect(balance_minor).toBe(BigInt(to * 10))
      for (const [index, { from }] of applied.entries())
        if (index > 0) expect(from).toBeGreaterThan(applied[index - 1]!.to + 1)
    }),
  )
})

test('nothing counts as contiguous before version 1 has come', () => {
  const applied: Applied[] = []
  applyVersion(applied, 2, 20n)
  expect(contiguous(applied)).toEqual({ version: 0, balance_minor: 0n })
  applyVersion(applied, 1, 10n)
  expect(contiguous(applied)).toEqual({ version: 2, balance_minor: 20n })
})
