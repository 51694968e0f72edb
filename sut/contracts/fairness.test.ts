import { createHash, createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawStops, highestWin, seedHash, stopOf, winOf } from './fairness.ts'

const strip = (length: number): number[] => Array.from({ length }, (_, index) => index)
const definition = {
  reels: [
    [0, 1, 2],
    [2, 1, 0],
    [1, 1, 0],
  ],
  pays: { 0: 50, 1: 3 },
}

describe('drawStops', () => {
  test('follows the formula that is published', () => {
    const block = createHmac('sha256', 'server').update('client:7').digest()
    // 2^32 / 4 divides evenly: nothing is rejected, and a stop is the top two bits of its word.
    const expected = [0, 1, 2].map((word) => block.readUInt32BE(word * 4) >>> 30)
    expect(drawStops('server', 'client', 7, [strip(4), strip(4), strip(4)])).toEqual(expected)
  })

  test('goes on after the eighth word', () => {
    const stops = drawStops(
      'server',
      'client',
      0,
      Array.from({ length: 20 }, () => strip(1000)),
    )
    expect(stops).toHaveLength(20)
    expect(new Set(stops).size).toBeGreaterThan(15)
  })

  test('same seeds, same stops; each stop lies on its strip', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.string({ minLength: 1 }),
        fc.nat(),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 12 }),
        (server_seed, client_seed, nonce, lengths) => {
          const reels = lengths.map(strip)
          const stops = drawStops(server_seed, client_seed, nonce, reels)
          expect(stops).toEqual(drawStops(server_seed, client_seed, nonce, reels))
          stops.forEach((stop, reel) => expect(stop >= 0 && stop < lengths[reel]!).toBe(true))
        },
      ),
    )
  })

  test('every stop is equally likely (chi-square, seeds fixed)', () => {
    const length = 23
    const rounds = 23_000
    const counts = Array.from({ length }, () => 0)
    for (let round = 0; round < rounds; round++) {
      const stop = drawStops(`seed-${round}`, 'client', 0, [strip(length)])[0]!
      counts[stop] = counts[stop]! + 1
    }
    const expected = rounds / length
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(chiSquare).toBeLessThan(48.3) // 22 degrees of freedom, 0.1 %
  })
})

describe('stopOf', () => {
  const words = (...values: number[]): Iterator<number> => values.values()

  test('rejects a word beyond the last whole bucket', () => {
    // Strip of 3: buckets of 1431655765; 2^32 − 1 is the one word that is left over.
    expect(stopOf(words(2 ** 32 - 1, 1_431_655_765), 3)).toBe(1)
    expect(stopOf(words(2 ** 32 - 2), 3)).toBe(2)
  })

  test('refuses a strip that cannot be', () => {
    for (const length of [0, -1, 1.5, 2 ** 32 + 1]) expect(() => stopOf(words(1), length)).toThrow(RangeError)
  })
})

describe('winOf', () => {
  test('pays a line of one symbol, and nothing else', () => {
    expect(winOf([0, 2, 2], 20n, definition)).toBe(1000n)
    expect(winOf([1, 1, 0], 20n, definition)).toBe(60n)
    expect(winOf([0, 2, 0], 20n, definition)).toBe(0n)
  })

  test('a symbol without a price and a stop beside the strip pay nothing', () => {
    expect(winOf([2, 0, 9], 20n, definition)).toBe(0n)
    expect(winOf([0], 20n, { reels: [[5]], pays: {} })).toBe(0n)
    expect(winOf([], 20n, { reels: [], pays: { 0: 5 } })).toBe(0n)
  })

  test('the highest win is the dearest symbol', () => {
    expect(highestWin(20n, definition)).toBe(1000n)
    expect(highestWin(20n, { reels: [], pays: {} })).toBe(0n)
  })
})

test('the seed hash is the SHA-256 of the seed as text', () => {
  expect(seedHash('abc')).toBe(createHash('sha256').update('abc').digest('hex'))
})
