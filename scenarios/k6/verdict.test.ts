import { expect, test } from 'vitest'
import { problems } from '#sut/contracts/problems.ts'
import { verdictOf } from './verdict.ts'

const answer = (status: number, problem = '', error_code = status >= 400 ? 1000 + status : 0) =>
  verdictOf({ status, problem, error_code, connected: true, readable: true })

test('an answer of success that cannot be read may have been done', () => {
  expect(answer(200)).toBe('ok')
  expect(verdictOf({ status: 200, problem: '', error_code: 0, connected: true, readable: false })).toBe('unknown')
})

test.each([
  ['name not found', 1101, 'never'],
  ['connection refused', 1212, 'never'],
  ['unknown authority', 1310, 'never'],
  ['reset by the peer', 1220, 'unknown'],
  ['time-out', 1050, 'unknown'],
  ['anything else', 1000, 'unknown'],
])('no answer: %s (%i) is %s', (_, error_code, verdict) => {
  expect(verdictOf({ status: 0, problem: '', error_code, connected: false, readable: false })).toBe(verdict)
})

test('a dial that failed after a copy was sent is unknown', () => {
  expect(verdictOf({ status: 0, problem: '', error_code: 1212, connected: true, readable: false })).toBe('unknown')
})

test('each problem of the contract is tried again if, and only if, the contract says that it may succeed', () => {
  for (const [code, { status, retry }] of Object.entries(problems)) {
    const verdict = answer(status, code)
    if (code === 'token_expired') expect(verdict).toBe('stale')
    else if (code === 'request_replayed') expect(verdict).toBe('unknown')
    else expect([code, verdict !== 'refused']).toEqual([code, retry])
  }
})

test('what was refused before it was looked at cannot have been done', () => {
  expect(answer(429, 'too_many_requests')).toBe('never')
  expect(answer(408, 'request_timeout')).toBe('never')
  expect(answer(503, 'unavailable')).toBe('unknown')
})
