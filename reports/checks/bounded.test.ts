import { expect, test } from 'vitest'
import { boundedLines, lines_max, sentence_characters_max, shortened } from './bounded.ts'
import { noncesOnce } from './nonces-once.ts'
import { linesOfKind, outcomeOf } from './testing.ts'

test('a text is cut in its middle', () => {
  expect(shortened('short', 10)).toBe('short')
  expect(shortened('abcdefghijkl', 7)).toBe('abc…jkl')
})

test('lines are few, and short', () => {
  const line = { text: 'x'.repeat(100_000), list: Array.from({ length: 9_000 }, (_, at) => at) }
  const found = boundedLines([undefined, ...Array.from({ length: 100 }, () => line)])
  expect(found).toHaveLength(lines_max)
  expect(JSON.stringify(found).length).toBeLessThan(5_000)
})

test('all rounds with one nonce make a small witness', () => {
  const { violations } = outcomeOf(noncesOnce, (raw) => {
    for (const round of linesOfKind(raw, 'round'))
      Object.assign(round, { nonce: 0, server_seed_hash: 'one', player_id: 'p-1' })
  })
  expect(violations[0]?.witness.text).toMatch(/Nonce 0/)
  expect(violations[0]?.witness.text.length).toBeLessThanOrEqual(sentence_characters_max)
  expect(JSON.stringify(violations).length).toBeLessThan(100_000)
})
