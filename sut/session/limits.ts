import { Problem } from '#sut/contracts/problems.ts'
import { assertNotExcluded, careAt, type Care } from './care.ts'

export interface Session {
  player_id: string
  game_id: string
  opened_at_ms: number
  ended_at_ms: number | null
  /** Last time that the player said that he knows how long he has played. */
  acknowledged_at_ms: number | null
  /** Of the player, when this was read. */
  care: Care
}

export interface Limits {
  /** Highest stake of one round. */
  stake_max_minor: number
  /** A session ends by itself when it is this old. */
  session_ms_max: number
  /** Open sessions of one player; opening one more ends the oldest. */
  open_sessions_max: number
  /** After so much time of play in a session the player is told, and must say that he knows. */
  reality_check_ms: number
}
export const limits: Limits = {
  stake_max_minor: 100_00,
  session_ms_max: 12 * 60 * 60 * 1_000,
  open_sessions_max: 100,
  reality_check_ms: 60 * 60 * 1_000,
}

export interface AllowedStake {
  game_id: string
  /** The player has a loss limit: the stake is to be reserved before it is bet. */
  reserve: boolean
}

/**
 * May this player stake that in this session? Throws Problem forbidden, session_ended, stake_refused, self_excluded,
 * reality_check_due.
 */
export function checkStake(
  session: Session,
  stake: { player_id: string; stake_minor: number },
  now_ms: number,
  limit: Limits,
): AllowedStake {
  assertPlayed(session, stake.player_id, now_ms, limit)
  if (stake.stake_minor > limit.stake_max_minor)
    throw new Problem('stake_refused', `the stake is above the limit of ${limit.stake_max_minor} minor units`)
  assertNotExcluded(session.care, now_ms)
  if (now_ms >= nextCheck_ms(session, limit))
    throw new Problem(
      'reality_check_due',
      'it is time to look at the clock: acknowledge the reality check of this session',
    )
  return { game_id: session.game_id, reserve: careAt(session.care, now_ms).daily_loss_max_minor !== null }
}

/** When the next stake is refused until the player has acknowledged how long he has played. */
export const nextCheck_ms = ({ opened_at_ms, acknowledged_at_ms }: Session, { reality_check_ms }: Limits): number =>
  (acknowledged_at_ms ?? opened_at_ms) + reality_check_ms

/** Throws Problem forbidden for the session of somebody else, session_ended for one that is over. */
export function assertPlayed(session: Session, player_id: string, now_ms: number, { session_ms_max }: Limits): void {
  if (session.player_id !== player_id) throw new Problem('forbidden', 'this session is of another player')
  if (session.ended_at_ms !== null || now_ms - session.opened_at_ms > session_ms_max)
    throw new Problem('session_ended', 'this session has ended: open a new one')
}
