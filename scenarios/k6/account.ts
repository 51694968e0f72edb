import type { Credentials } from '../journeys/journey.ts'
import type { Kind } from './routes.ts'
import type { Result } from './operation.ts'

/** What setup knows of a player and each VU takes over. Plain data: k6 copies it as JSON. */
export interface Account {
  number: number
  name: string
  password: string
  player_id: string
  credentials: Credentials
  renew_at_ms: number
  game_id: string
  session_id: string
  balance_minor: number | null
  held_minor: number
  payout_id: string
  round_id: string
  /** A second account of the same client. */
  victim?: Account
}

export const noCredentials: Credentials = { token: '', signing_key: '', refresh_token: '', login: '' }

export const newAccount = (number: number, name: string, password: string, game_id: string): Account => ({
  number,
  name,
  password,
  player_id: name, // until the system has given it one
  credentials: noCredentials,
  renew_at_ms: 0,
  game_id,
  session_id: '',
  balance_minor: 0,
  held_minor: 0,
  payout_id: '',
  round_id: '',
})

/** What a login or a refresh has given. */
export const credentialsIn = (body: Record<string, unknown>, login: string): Credentials => ({
  token: String(body['token']),
  signing_key: String(body['signing_key']),
  refresh_token: String(body['refresh_token']),
  login,
})

/** Refusals after which a player opens a new session. */
const sessionIsOver = new Set(['session_ended', 'not_found', 'reality_check_due'])
const movesBalance: ReadonlySet<Kind> = new Set(['spin', 'deposit', 'withdraw', 'confirm_payout'])
const endsPayout: ReadonlySet<Kind> = new Set(['confirm_payout', 'cancel_payout'])
const payoutIsOver = new Set(['hold_captured', 'hold_released', 'hold_expired', 'not_found'])

/** What the player knows after an answer; of what has an unknown end, nothing. */
export function learn(account: Account, kind: Kind, { outcome, code, body }: Result): void {
  if (typeof body['balance_minor'] === 'number') account.balance_minor = body['balance_minor']
  else if (outcome === 'info' && movesBalance.has(kind)) account.balance_minor = null
  else if (code === 'insufficient_funds') account.balance_minor = account.held_minor
  if (typeof body['held_minor'] === 'number') account.held_minor = body['held_minor']
  else if (outcome === 'ok' && endsPayout.has(kind)) account.held_minor = 0
  if (outcome === 'ok' && kind === 'ask_payout') account.payout_id = String(body['payout_id'])
  // One that has not ended is asked for again; not one that may have.
  else if (endsPayout.has(kind) && (outcome !== 'fail' || payoutIsOver.has(code))) account.payout_id = ''
  if (outcome === 'ok' && kind === 'spin') account.round_id = String(body['round_id'])
  if (outcome === 'ok' && kind === 'open_session') account.session_id = String(body['session_id'])
  if (kind === 'spin' && sessionIsOver.has(code)) account.session_id = ''
}
