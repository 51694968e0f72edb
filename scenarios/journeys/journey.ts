import type { Draw } from '../k6/draw.ts'

// A journey is one behaviour: what its player does at an arrival. Pure and seeded: the same draws and answers, the same choices.
//
//   yield [request]               one request, and its answer
//   yield [request, request]      both are under way at once

/** One operation of the public API. The client adds what it knows (session, token, key). */
export type Action =
  /** In another session than that of the account: an attack. */
  | { kind: 'spin'; stake_minor: number; client_seed: string; session_id?: string }
  | { kind: 'deposit' | 'withdraw' | 'ask_payout'; amount_minor: number }
  | { kind: 'confirm_payout' | 'cancel_payout' | 'payout'; payout_id: string }
  | { kind: 'proof'; round_id: string }
  | { kind: 'set_limits'; daily_loss_max_minor: number | null }
  | { kind: 'self_exclude'; days: number }
  | { kind: 'suspend' | 'reinstate'; player_id: string }
  /** `name`: of somebody else, whom nobody needs to know. */
  | { kind: 'login'; password?: 'wrong'; name?: string }
  /** With a name that is taken, and a password of one's own. */
  | { kind: 'register' }
  | { kind: 'balance' | 'history' | 'games' | 'seed' | 'rotate_seed' | 'limits' }
  | { kind: 'reality_check'; session_id?: string }
  | { kind: 'open_session' | 'logout' | 'refresh' }

/** A login: what it takes to sign. `login`: the operation that gave it. */
export interface Credentials {
  token: string
  signing_key: string
  refresh_token: string
  login: string
}

export interface Request {
  action: Action
  /** In which region it is tried first; none: where the client is. */
  through?: 'home' | 'other'
  /** Requests with the same name have the same idempotency key, also in later arrivals; none: a key of its own. */
  key?: string
  /** Whose; none: the player's own. */
  as?: 'victim' | 'operator'
  /** Another login than the newest one of that account. */
  with?: Credentials
  /** The client closes the connection after that time, and does not try again. */
  cut_after_ms?: number
  /** Of an attacker: what he tries. It is sent once, and must get nothing. */
  attack?: Attack
  /** An operation whose refusal is the right answer says nothing of the service level. */
  counted?: false
}

/** What makes a request one that must not be admitted. */
export interface Attack {
  name: string
  /** The operation that was captured. */
  of?: string
  /** Sent as these, whatever is right. */
  headers?: Readonly<Record<string, string>>
  nonce?: string
  /** Added to the time that is signed. */
  skew_ms?: number
  /** Of the signature. */
  signed_with?: string
  /** Signed for this key, sent with the other. */
  signed_key?: string
  /** Signed for this path, sent to the one of the action. */
  signed_path?: string
  /** Signed for this region, sent to another. */
  signed_region?: string
  body?: string
  /** The body that is signed, when another is sent. */
  signed_body?: string
}

/** What the journey learns of an operation that it asked for. */
export interface Answer {
  operation_id: string
  outcome: 'ok' | 'fail' | 'info'
  /** Problem or error code; '' when ok. */
  code: string
  body: Record<string, unknown>
  /** Of a login or a refresh that worked. */
  credentials?: Credentials
  /** As the last attempt was sent: what a thief on the line has. */
  sent: Sent
}

export interface Sent {
  nonce: string
  key: string
  body: string
  /** All headers, signature and token among them. */
  headers: Readonly<Record<string, string>>
}

/** What the client knows of its player. */
export interface PlayerView {
  /** As the last answer said; null after an operation with an unknown end. */
  balance_minor: number | null
  /** Of it, what payouts keep aside. */
  held_minor: number
  /** The payout that was asked for and is not confirmed or cancelled yet; '' for none. */
  payout_id: string
  /** Of the last round that was answered; '' for none. */
  round_id: string
  /** The newest login. */
  credentials: Credentials
  /** Another account that this journey may do things to; '' for none. */
  victim_id: string
  /** Milliseconds since the epoch. */
  now_ms: number
  /** Number of the arrival: for names of keys. */
  arrival: number
}

export type Turn = Generator<readonly Request[] | { pause_ms: number }, void, readonly Answer[]>

export interface Journey {
  readonly name: string
  readonly title: string
  /** Honest players count for the service level; of others what they get is judged. */
  readonly honest: boolean
  readonly first_deposit_minor: number
  /** Share of spins and deposits that are sent twice at once with the same key, as phones on a bad network do. */
  readonly duplicate_share: number
  /** Has a second account, for `as: 'victim'`. */
  readonly victim?: true
  /** Of one player, who remembers what he did: called once, then a turn at each arrival. */
  begin(): (draw: Draw, view: PlayerView) => Turn
}

/** A journey whose player remembers nothing but what the view has, and does one thing at a time. */
export const oneAtATime =
  (next: (draw: Draw, view: PlayerView) => Action): Journey['begin'] =>
  () =>
    function* turn(draw, view) {
      yield [{ action: next(draw, view) }]
    }
