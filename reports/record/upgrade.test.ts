import { expect, test } from 'vitest'
import { upgraderOf } from './upgrade.ts'

const steps = {
  1: (_file: string, value: unknown) => ({ ...(value as object), second: true }),
  2: (_file: string, value: unknown) => ({ ...(value as object), third: 'second' in (value as object) }),
}

test('an old record goes through every step to the current version', () => {
  expect(upgraderOf({ schema: 1 }, 'run.json', steps, 3)('run.json', {})).toEqual({ second: true, third: true })
  expect(upgraderOf({ schema: 3 }, 'run.json', steps, 3)('run.json', {})).toEqual({})
})

test.each([
  ['of a newer version', { schema: 4 }, /newer version/],
  ['without a version', {}, /names no version/],
  ['that is no object', null, /names no version/],
])('a record %s is refused', (_title, run, message) => {
  expect(() => upgraderOf(run, 'run.json', steps, 3)).toThrow(message)
})

test('a missing step is said', () => {
  expect(() => upgraderOf({ schema: 1 }, 'run.json', {}, 2)).toThrow(/no way from schema 1 to 2/)
})
