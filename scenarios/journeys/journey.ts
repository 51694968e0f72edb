import type { Draw } from '../k6/draw.ts'

/** What a player does next: one operation of the public API. The client adds what it knows (session, token, key). */
export type Action =
  | { kind: 'spin'; stake_minor: number; client_seed: string }
  | { kind: 'deposit' | 'ask_payout'; amount_minor: number }
  | { kind: 'confirm_payout' | 'cancel_payout'; payout_id: string }
  | { kind: 'balance' | 'history' | 'games' }

/** What the client knows of its player. */
export interface PlayerView {
  /** As the last answer said; null after an operation with an unknown end. */
  balance_minor: number | null
  /** Of it, what payouts keep aside. */
  held_minor: number
  /** The payout that was asked for and is not confirmed or cancelled yet; '' for none. */
  payout_id: string
}

// A journey is one behaviour: which operation follows at an arrival. Pure and seeded: the same draws, the same choices.
export interface Journey {
  readonly name: string
  readonly title: string
  readonly first_deposit_minor: number
  /** Share of spins and deposits that are sent twice at once with the same key, as phones on a bad network do. */
  readonly duplicate_share: number
  next(draw: Draw, view: PlayerView): Action
}
