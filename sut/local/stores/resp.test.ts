import { expect, test } from 'vitest'
import { endOf } from './resp.ts'

const values = [
  '+OK\r\n',
  ':12\r\n',
  '-ERR no\r\n',
  '$-1\r\n',
  '$5\r\na\r\nbc\r\n',
  '*2\r\n$1\r\na\r\n*1\r\n:1\r\n',
  '*-1\r\n',
]

test('the end of a value is found, whatever follows it', () => {
  for (const value of values) expect(endOf(`${value}+more\r\n`, 0)).toBe(value.length)
})

test('a value that is not all there yet has no end', () => {
  for (const value of values)
    for (let length = 0; length < value.length; length++) expect(endOf(value.slice(0, length), 0)).toBe(null)
})
