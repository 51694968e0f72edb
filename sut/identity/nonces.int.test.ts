import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#lib/random.ts'
import { nonceClaims } from './nonces.ts'
import { startIdentity, type IdentityFixture } from './testing/fixture.ts'

let fixture: IdentityFixture
beforeAll(async () => {
  fixture = await startIdentity()
})
afterAll(async () => {
  await fixture[Symbol.asyncDispose]()
})

test('of many claims of one nonce one is the first, and may ask again; what has expired can be claimed anew', async () => {
  const { claim, removeOld } = nonceClaims(fixture.database)
  const key = `nonce:${newId()}`
  const names = Array.from({ length: 20 }, () => newId())
  const answers = await Promise.all(names.map((name) => claim({ key, claim: name, ttl_ms: 60_000 })))
  expect(answers.filter(Boolean)).toEqual([true])
  const again = await Promise.all(names.map((name) => claim({ key, claim: name, ttl_ms: 60_000 })))
  expect(again).toEqual(answers)
  const own = names[answers.indexOf(true)]!
  expect(await claim({ key, claim: own, ttl_ms: 1 })).toBe(true)
  await expect.poll(() => claim({ key, claim: 'another', ttl_ms: 1 })).toBe(true)
  await expect
    .poll(async () => {
      await removeOld()
      return fixture.database.query('select from nonces')
    })
    .toEqual([])
})
