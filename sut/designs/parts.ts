import type { TransferAnswer, TransferRequest } from '#sut/contracts/bodies.ts'
import type { AccountShown, HoldReleased } from '#sut/contracts/holds.ts'

// The seams of the system: named parts whose implementation a planted bug can take the place of. One line a seam, name → type of the
// implementation; types are of sut/contracts, or primitive. A service hands its own in where it is wired or used:
//
//   const winOf = platform.part('game.win-of', standardWinOf)
//
// so that no module of the product knows of any bug.
export interface Parts {
  /** What makes a request once-only: stores keep what it answers in a column with a unique index. */
  'wallet.dedupe-key': DedupeKey
  'game.dedupe-key': DedupeKey
  'wallet.ledger': LedgerPart
  'wallet.release-hold': (hold: { hold_id: string; player_id: string }) => Promise<HoldReleased>
  /** The server seed that a round is drawn with, of the one that was promised. */
  'game.drawn-with': DrawnWith
  /** Whether an event that belongs into the audit trail gets there, by event id. */
  'telemetry.audits': (event_id: string) => boolean
}
export type Seam = keyof Parts

export type DedupeKey = (key: string) => string
export type DrawnWith = (server_seed: string) => string

/** Transfers and balances of the wallet. */
export interface LedgerPart {
  transfer(request: TransferRequest, transfer_id?: string): Promise<TransferAnswer>
  balance(player_id: string): Promise<AccountShown>
  /** Whether a transfer with this dedupe key is stored. */
  has(dedupe_key: string): Promise<boolean>
  readonly dedupeKey: DedupeKey
}
