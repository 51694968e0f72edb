import { describe, expect, test } from 'vitest'
import { passwords } from './passwords.ts'

describe('passwords', () => {
  test('are verified against their hash, which holds its own parameters', async () => {
    const { hash, verify } = await passwords({ at_once: 2, waiting_max: 10 })
    const stored = await hash('correct horse')
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=7168,t=5,p=1\$/)
    expect(await verify(stored, 'correct horse')).toBe(true)
    expect(await verify(stored, 'battery staple')).toBe(false)
    expect(await verify(undefined, 'a password that nobody has')).toBe(false)
  })

  test('wait for a place, in a line that has an end', async () => {
    const { hash, waiting } = await passwords({ at_once: 1, waiting_max: 2 })
    const all = ['a', 'b', 'c', 'd'].map((password) => hash(password))
    expect(waiting()).toBe(2)
    const ended = await Promise.allSettled(all)
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected'])
    expect(ended[3]).toMatchObject({ reason: { code: 'too_many_requests' } })
    expect(waiting()).toBe(0)
    expect(await hash('e')).toContain('argon2id')
  })
})
