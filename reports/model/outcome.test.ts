import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { drawStops, seedHash, winOf } from '#sut/contracts/fairness.ts'
import { payOf, sha256, stopsOf } from './outcome.ts'

// The vectors of the guide, read out of it: computed with Python's hmac and hashlib, by nothing of this repository.
const guide = readFileSync(new URL('../../docs/guides/verify-a-round.md', import.meta.url), 'utf8')
const found = /server_seed\s+= (\w{64})\n\s+server_seed_hash = (\w{64})/.exec(guide)
const server_seed = found?.[1] ?? ''
const vectors = [...guide.matchAll(/^\| `(.+?)` \| (\d+) \| (.+?) \| (.+?) \|$/gm)].map(
  ([, client_seed, nonce, lengths, stops]) => ({
    client_seed: client_seed!,
    nonce: Number(nonce),
    lengths: lengths!.split(', ').map(Number),
    stops: stops!.split(', ').map(Number),
  }),
)
/** As long as a vector says, without its symbols. */
const strip = (length: number): number[] => ({ length }) as unknown as number[]

test('the guide has vectors', () => expect(vectors.length).toBeGreaterThanOrEqual(7))

test('the hash of the seed', () => {
  expect(sha256(server_seed)).toBe(found?.[2])
  expect(seedHash(server_seed)).toBe(found?.[2])
})

describe.each(vectors)('client seed $client_seed, nonce $nonce, strips of $lengths', (vector) => {
  test('the model', () =>
    expect(stopsOf(server_seed, vector.client_seed, vector.nonce, vector.lengths)).toEqual(vector.stops))
  test('the system', () =>
    expect(drawStops(server_seed, vector.client_seed, vector.nonce, vector.lengths.map(strip))).toEqual(vector.stops))
})

test('what a line pays', () => {
  const game = {
    reels: [
      [7, 1],
      [1, 7],
      [7, 7],
    ],
    pays: { 7: 40 },
  }
  for (const [stops, win] of [
    [[0, 1, 1], 400n],
    [[1, 0, 0], 0n],
    [[0, 0, 0], 0n],
    [[0, 1, 9], 0n],
  ] as const) {
    expect(payOf(game, stops, 10)).toBe(win)
    expect(winOf(stops, 10n, game)).toBe(win)
  }
})

test('a strip that cannot be', () => {
  for (const length of [0, -1, 1.5, 2 ** 32 + 1])
    expect(() => stopsOf('a', 'b', 0, [length]), String(length)).toThrow(RangeError)
})
