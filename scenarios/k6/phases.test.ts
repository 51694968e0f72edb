import { expect, test } from 'vitest'
import { phasesOf } from './phases.ts'

// Was red: one of two thousand requests had -11.257 ms, and the whole record of its run was refused.
test('an answer that comes before its request is written has spent nothing on what was not done', () => {
  const timings = {
    blocked: 0.0081,
    connecting: 0,
    tls_handshaking: 0,
    sending: -11.257,
    waiting: 13.222,
    receiving: -2,
  }
  expect(phasesOf(timings)).toEqual([0.008, 0, 0, 0, 13.222, 0])
})
