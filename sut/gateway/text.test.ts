import { expect, test } from 'vitest'
import { assertKept } from './text.ts'

test.each([
  ['NUL', { client_seed: 'a\u0000b' }],
  ['half of a pair', { name: 'a\ud800' }],
  ['the other half first', ['\udc00\ud800']],
  ['NUL in a name', { 'a\u0000': 1 }],
  ['half of a pair in a name, deep inside', { a: [{ 'x\udfff': 1 }] }],
  ['a number that is not kept exactly', { amount_minor: 2 ** 53 }],
  ['a number without end', { amount_minor: Infinity }],
])('%s is malformed', (_, value) => {
  expect(() => assertKept('body', value)).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test('what is too deep is malformed, however deep', () => {
  let deep: unknown = 1
  for (let level = 0; level < 8_000; level++) deep = [deep]
  expect(() => assertKept('body', deep)).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test('other text is kept as it is, whatever its language', () => {
  assertKept('body', { a: 'Žofie 🎰 \u{10ffff} \ufffd \t', b: [1, -1, 2 ** 53 - 1, 0.5, null, true], c: {} })
  assertKept('query', { after: '12' })
  assertKept('body', undefined)
})
