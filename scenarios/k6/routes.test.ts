import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import { idempotencyKey as keySchema, publicRoutes, signatureHeaders } from '#sut/contracts/api.ts'
import { headers, idempotencyKey, keyName, routes } from './routes.ts'

test('the client calls the API of the contract', () => {
  const called = Object.entries(routes).map(([kind, { method, path, status, signed }]) => [
    kind,
    { method, path, status, signed },
  ])
  expect(publicRoutes).toMatchObject(Object.fromEntries(called))
  expect(headers).toEqual({ ...signatureHeaders, key: 'idempotency-key' })
})

test('the longest key still fits the contract', () => {
  const key = idempotencyKey('r'.repeat(40), 'i10000000')
  expect(Value.Errors(keySchema, key)).toEqual([])
  expect(`${key}-10`.length).toBeLessThanOrEqual(64) // a nonce is the key with the number of the attempt
})

test('every key has a name, and the name gives the key', () => {
  for (const key of ['run1-i12', 'run1-k7', 'stolen-00ff', 'run2-i12'])
    expect(idempotencyKey('run1', keyName('run1', key))).toBe(key)
  expect(keyName('run1', 'run1-i12')).toBe('i12')
})
