import { expect, test, vi } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import type { Call } from '#sut/platform/platform.ts'
import { revocations } from './revocations.ts'

const asked = (answer: () => Promise<{ jtis: string[] }>) => {
  const time = { later_ms: 0, answer }
  const call = vi.fn(() => time.answer())
  const clock = { ...systemClock, monotonic_ms: () => systemClock.monotonic_ms() + time.later_ms }
  const onFailure = vi.fn()
  const options = { every_ms: 10, good_for_ms: 10_000, onFailure }
  return { call, time, onFailure, list: revocations({ call: call as unknown as Call, clock }, options) }
}
const away = () => Promise.reject(new Error('identity is away'))

test('the first to need the list asks for it, once for all who wait', async () => {
  const { call, list } = asked(async () => ({ jtis: ['one'] }))
  expect(await Promise.all(['one', 'two', 'one'].map((jti) => list.has(jti)))).toEqual([true, false, true])
  expect(call).toHaveBeenCalledTimes(1)
})

test('without any list nobody is let in: the refusal is that of the call', async () => {
  const { list } = asked(away)
  await expect(list.has('one')).rejects.toThrow('identity is away')
})

test('is renewed, and while identity is away the last list stays for a moment', async () => {
  const { list, time, onFailure } = asked(async () => ({ jtis: ['one'] }))
  expect(await list.has('two')).toBe(false)
  const stop = new AbortController()
  const following = list.follow(stop.signal)
  time.answer = async () => ({ jtis: ['two'] })
  await vi.waitFor(async () => expect(await list.has('two')).toBe(true))
  time.answer = away
  await vi.waitFor(() => expect(onFailure).toHaveBeenCalled())
  expect(await list.has('two')).toBe(true)
  stop.abort()
  await following.catch(() => {})
})

test('a list that is too old counts for nothing: who comes then asks, and nobody is let in while identity is away', async () => {
  const { list, time, call } = asked(async () => ({ jtis: ['one'] }))
  expect(await list.has('two')).toBe(false)
  time.answer = away
  time.later_ms = 10_001
  await expect(list.has('two')).rejects.toThrow('identity is away')
  time.answer = async () => ({ jtis: ['two'] })
  expect(await list.has('two')).toBe(true)
  expect(call).toHaveBeenCalledTimes(3)
})

test('its age counts from when it was asked for, however late it comes, and an older one never takes the place of a newer', async () => {
  const slow = Promise.withResolvers<{ jtis: string[] }>()
  const { list, time, call } = asked(() => slow.promise)
  const first = list.has('one')
  await vi.waitFor(() => expect(call).toHaveBeenCalledTimes(1))
  time.later_ms = 10_001
  time.answer = async () => ({ jtis: ['one'] })
  slow.resolve({ jtis: [] })
  expect(await first).toBe(true)
})
