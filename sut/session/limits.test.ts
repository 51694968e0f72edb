import { describe, expect, test } from 'vitest'
import { no_care } from './care.ts'
import { checkStake, limits, type Session } from './limits.ts'

const now_ms = 1_750_000_000_000
const session: Session = {
  player_id: 'p',
  game_id: 'g',
  opened_at_ms: now_ms - 1_000,
  ended_at_ms: null,
  acknowledged_at_ms: null,
  care: no_care,
}
const check = (change: Partial<Session>, stake_minor = 100, player_id = 'p') =>
  checkStake({ ...session, ...change }, { player_id, stake_minor }, now_ms, limits)

const refusedWith = (code: string) => expect.objectContaining({ name: 'Problem', code })

describe('a stake', () => {
  test('up to the limit is allowed, in the game of the session', () => {
    expect(check({}, limits.stake_max_minor)).toEqual({ game_id: 'g', reserve: false })
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
  test('is to be reserved while a loss limit counts, and only then', () => {
    const pending = { daily_loss_max_minor: null, effective_at_ms: now_ms + 1 }
    const care = { ...no_care, daily_loss_max_minor: 0, pending }
    expect(check({ care })).toEqual({ game_id: 'g', reserve: true })
    expect(check({ care: { ...care, pending: { ...pending, effective_at_ms: now_ms } } })).toMatchObject({
      reserve: false,
    })
  })
  test('of a player who has excluded himself is refused until the time is over', () => {
    expect(() => check({ care: { ...no_care, excluded_until_ms: now_ms + 1 } })).toThrow(refusedWith('self_excluded'))
    expect(check({ care: { ...no_care, excluded_until_ms: now_ms } })).toMatchObject({ game_id: 'g' })
  })
  test('is refused when a reality check is due, until it was acknowledged', () => {
    const opened_at_ms = now_ms - 3 * limits.reality_check_ms
    const acknowledged_at_ms = now_ms - limits.reality_check_ms
    expect(() => check({ opened_at_ms })).toThrow(refusedWith('reality_check_due'))
    expect(() => check({ opened_at_ms, acknowledged_at_ms })).toThrow(refusedWith('reality_check_due'))
    expect(check({ opened_at_ms, acknowledged_at_ms: acknowledged_at_ms + 1 })).toMatchObject({ game_id: 'g' })
  })
})
