import { expect, test } from 'vitest'
import { errorText, redactor, secretsIn, shownOf } from './redacted.ts'

test('of an error its text, code, and causes are shown, and nothing that was hung on it', () => {
  const cause = Object.assign(new Error('below'), { code: 'ECONNREFUSED', command: { args: ['user', 'the-secret'] } })
  const error = Object.assign(new Error('above', { cause }), { config: { password: 'the-secret' } })
  expect(shownOf({ any: error })).toMatchObject({
    any: { type: 'Error', message: 'above', cause: { message: 'below', code: 'ECONNREFUSED' } },
  })
  expect(JSON.stringify(shownOf([error, new AggregateError([error], 'all')]))).not.toContain('the-secret')
  expect(errorText(error)).toMatch(/above[^]*caused by: Error: below/)
  expect(errorText(error)).not.toContain('the-secret')
})

test('what is named as a secret is not shown, at any depth; what only counts, identifies or hashes one is', () => {
  const shown = shownOf({
    server_seed: 'x',
    a: [{ refresh_token: 'x', b: { Authorization: 'x', signingKey: 'x' } }],
    seed_id: 'open',
    server_seed_hash: 'open',
    token_count: 3,
    tokens: ['x'],
  })
  expect(JSON.stringify(shown)).not.toContain('"x"')
  expect(shown).toMatchObject({ seed_id: 'open', server_seed_hash: 'open', token_count: 3 })
})

test('what goes round, is very deep, or very wide has an end', () => {
  const round: Record<string, unknown> = { text: 'a' }
  round['self'] = round
  const error = new Error('a')
  error.cause = error
  expect(errorText(error).length).toBeLessThan(20_000)
  expect(
    JSON.stringify(shownOf({ round, error, wide: Array.from({ length: 1_000 }, () => 1), big: 1n })).length,
  ).toBeLessThan(20_000)
})

test.each([
  ['redis://user:hunter2hunter2@host:1/', 'hunter2hunter2'],
  [`create role x login password 'hunter2'`, 'hunter2'],
  ['host=h password=hunter2 user=u', 'hunter2'],
  ['authorization: Bearer abc.def', 'abc.def'],
  ['token eyJhbGciOi.eyJzdWIi.c2ln was refused', 'eyJzdWIi'],
  [`seed ${'0123456789abcdef'.repeat(4)}`, '0123456789abcdef'],
  ['Zx9_kQv3mT0bN7cR2wLpYs5-JdHfGaUeKiOqXzVnM4a', 'Zx9_kQv3'],
  ['{"msg":"{\\"password\\":\\"hunter2\\"}"}', 'hunter2'],
  ['-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----', 'MC4CAQ'],
])('what looks like a secret is taken out of %s', (text, secret) => {
  expect(redactor([])(text)).not.toContain(secret)
})

test('a secret of the configuration is taken out in every form, and the line stays JSON', () => {
  const secret = 'a "quoted" \\ and spaced secret'
  const line = JSON.stringify({ msg: `one ${secret}, two`, url: encodeURIComponent(secret), header: btoa(secret) })
  const shown = redactor([secret, 'any'])(line)
  expect(JSON.parse(shown)).toEqual({
    msg: 'one [redacted], two',
    url: '[redacted]',
    header: expect.any(String) as unknown,
  })
  expect(shown).not.toContain('spaced')
  expect(shown).not.toContain(btoa(secret).replace(/=+$/, ''))
})

test('identifiers, traces and plain sentences stay as they are', () => {
  const text =
    'player 7e0c1f0a-5d0b-4a55-9a55-1f2d3c4b5a69 trace 4bf92f3577b34da6a3ce929d0e0e4736 at http://127.0.0.1:8080/v1/spins: the token has expired'
  expect(redactor([])(text)).toBe(text)
})

test('the secrets of a configuration are those that stand under the name of one', () => {
  const config = { name: 'a', operations: { token: 'b' }, secrets: { any: 'c', deep: { er: 'd' } }, seed_id: 'e' }
  expect(secretsIn(config)).toEqual(['b', 'c', 'd'])
})
