import { expect, test } from 'vitest'
import { sealing } from './sealing.ts'

const secret = 'ab'.repeat(32)

test('what was sealed is opened with the same secret, purpose and name alone, and only untouched', () => {
  const seal = sealing(secret, 'seeds')
  const sealed = seal.close('a text', 'ada:1')
  expect(seal.open(sealed, 'ada:1')).toBe('a text')
  expect(sealed.includes('a text')).toBe(false)
  expect(seal.close('a text', 'ada:1').equals(sealed)).toBe(false)
  expect(() => seal.open(sealed, 'ada:2')).toThrow()
  expect(() => sealing(secret, 'others').open(sealed, 'ada:1')).toThrow()
  expect(() => sealing('cd'.repeat(32), 'seeds').open(sealed, 'ada:1')).toThrow()
  for (let index = 0; index < sealed.length; index++) {
    const touched = Buffer.from(sealed)
    touched[index]! ^= 1
    expect(() => seal.open(touched, 'ada:1')).toThrow()
  }
})
