import { expect, test, vi } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import type { Call } from '#sut/platform/platform.ts'
import { revocations } from './revocations.ts'

const asked = (answer: () => Promise<{ jtis: string[] }>) => {
  const call = vi.fn(answer)
  return {
    call,
    list: revocations({ call: call as unknown as Call, clock: systemClock }, { every_ms: 10, onFailure: () => {} }),
  }
}

test('the first to need the list asks for it, once for all who wait', async () => {
  const { call, list } = asked(async () => ({ jtis: ['one'] }))
  expect(await Promise.all(['one', 'two', 'one'].map((jti) => list.has(jti)))).toEqual([true, false, true])
  expect(call).toHaveBeenCalledTimes(1)
})

test('without any list nobody is let in: the refusal is that of the call', async () => {
  const { list } = asked(() => Promise.reject(new Error('identity is away')))
  await expect(list.has('one')).rejects.toThrow('identity is away')
})

test('is renewed, and while identity is away the last list stays', async () => {
  let answer = async () => ({ jtis: ['one'] })
  const onFailure = vi.fn()
  const call = (() => answer()) as unknown as Call
  const list = revocations({ call, clock: systemClock }, { every_ms: 10, onFailure })
  expect(await list.has('two')).toBe(false)
  const stop = new AbortController()
  const following = list.follow(stop.signal)
  answer = async () => ({ jtis: ['two'] })
  await vi.waitFor(async () => expect(await list.has('two')).toBe(true))
  answer = () => Promise.reject(new Error('identity is away'))
  await vi.waitFor(() => expect(onFailure).toHaveBeenCalled())
  expect(await list.has('two')).toBe(true)
  stop.abort()
  await following.catch(() => {})
})
