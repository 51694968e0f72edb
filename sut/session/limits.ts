import { Problem } from '#sut/contracts/problems.ts'

export interface Session {
  player_id: string
  game_id: string
  opened_at_ms: number
  ended_at_ms: number | null
}

export interface Limits {
  /** Highest stake of one round. */
  stake_max_minor: number
  /** A session ends by itself when it is this old. */
  session_ms_max: number
  /** Open sessions of one player; opening one more ends the oldest. */
  open_sessions_max: number
}
export const limits: Limits = {
  stake_max_minor: 100_00,
  session_ms_max: 12 * 60 * 60 * 1_000,
  open_sessions_max: 100,
}

/** May this player stake that in this session? Throws Problem forbidden, session_ended, stake_refused. */
export function checkStake(
  session: Session,
  stake: { player_id: string; stake_minor: number },
  now_ms: number,
  { stake_max_minor, session_ms_max }: Limits,
): { game_id: string } {
  if (session.player_id !== stake.player_id) throw new Problem('forbidden', 'this session is of another player')
  if (session.ended_at_ms !== null || now_ms - session.opened_at_ms > session_ms_max)
    throw new Problem('session_ended', 'this session has ended: open a new one')
  if (stake.stake_minor > stake_max_minor)
    throw new Problem('stake_refused', `the stake is above the limit of ${stake_max_minor} minor units`)
  return { game_id: session.game_id }
}
