import { expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import { createSessions } from './sessions.ts'

test('a session that is silent for its lease expires once, one without a lease never', async () => {
  let now_ms = 0
  const sessions = createSessions({ wall_ms: () => now_ms, monotonic_ms: () => now_ms })
  const kept = sessions.open(1_000)
  const silent = sessions.open(1_000)
  const forever = sessions.open(0)
  const closed = sessions.open(1_000)
  const expired: string[] = []
  const ending = new AbortController()
  const watching = sessions.watch((id) => expired.push(id), ending.signal)

  now_ms = 900
  sessions.heartbeat(kept)
  sessions.close(closed)
  now_ms = 1_500
  await waitFor(() => expired.length > 0, { what: 'an expiry', limit_ms: 5_000 })
  ending.abort()
  await watching
  expect(expired).toEqual([silent])
  expect(sessions.isOpen(kept)).toBe(true)
  expect(sessions.isOpen(forever)).toBe(true)
  expect(() => sessions.heartbeat(silent)).toThrow('the lease has run out')
})
