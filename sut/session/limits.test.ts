import { describe, expect, test } from 'vitest'
import { checkStake, limits, type Session } from './limits.ts'

const now_ms = 1_750_000_000_000
const session: Session = { player_id: 'p', game_id: 'g', opened_at_ms: now_ms - 1_000, ended_at_ms: null }
const check = (change: Partial<Session>, stake_minor = 100, player_id = 'p') =>
  checkStake({ ...session, ...change }, { player_id, stake_minor }, now_ms, limits)

const refusedWith = (code: string) => expect.objectContaining({ name: 'Problem', code })

describe('a stake', () => {
  test('up to the limit is allowed, in the game of the session', () => {
    expect(check({}, limits.stake_max_minor)).toEqual({ game_id: 'g' })
  })
  test('above the limit is refused', () => {
    expect(() => check({}, limits.stake_max_minor + 1)).toThrow(refusedWith('stake_refused'))
  })
  test('in a session that ended, or is too old, is refused', () => {
    expect(() => check({ ended_at_ms: now_ms - 1 })).toThrow(refusedWith('session_ended'))
    expect(() => check({ opened_at_ms: now_ms - limits.session_ms_max - 1 })).toThrow(refusedWith('session_ended'))
  })
  test('in the session of somebody else is forbidden', () => {
    expect(() => check({}, 100, 'other')).toThrow(refusedWith('forbidden'))
  })
})
