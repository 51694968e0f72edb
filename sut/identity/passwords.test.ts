import { expect, test } from 'vitest'
import { passwords } from './passwords.ts'

test('passwords are verified against their hash, which holds its own parameters; each hash is counted', async () => {
  let hashes = 0
  const { hash, verify } = await passwords(() => hashes++)
  const stored = await hash('correct horse')
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=7168,t=5,p=1\$/)
  expect(await verify(stored, 'correct horse')).toBe(true)
  expect(await verify(stored, 'battery staple')).toBe(false)
  expect(await verify(undefined, 'a password that nobody has')).toBe(false)
  expect(hashes).toBe(4)
})
