import type { KeyObject } from 'node:crypto'
import type { History, PlayerAccess, RoundProof, SpinResult } from '#sut/contracts/api.ts'
import type {
  GameDefinition,
  Login,
  NonceClaim,
  RoundRequest,
  TransferAnswer,
  TransferRequest,
} from '#sut/contracts/bodies.ts'
import type { SystemEvent } from '#sut/contracts/events.ts'
import type { AccountShown, HoldReleased } from '#sut/contracts/holds.ts'
import type { Role } from '#sut/contracts/roles.ts'

// The seams of the system: named parts whose implementation a planted bug can take the place of. One line a seam, name → type of the
// implementation; types are of sut/contracts, or primitive. A service hands its own in where it is wired or used:
//
//   const winOf = platform.part('game.win-of', standardWinOf)
//
// so that no module of the product knows of any bug.
export interface Parts {
  'gateway.verify-token': (token: string) => Promise<{ player_id: string; role: Role; expires_at_ms: number }>
  /** Answers the nonce; throws Problem. */
  'gateway.verify-signature': (request: SignedRequest, secret: KeyObject, now_ms: number) => string
  /** A place for a request that hashes a password, and how it is left; throws Problem. */
  'gateway.take-costly-place': (address: string) => () => void
  /** Whether a request takes its place at this moment: when its headers are here, or all of it. */
  'gateway.takes-place': (moment: 'headers' | 'request') => boolean
  /** Throws Problem for what a store would not keep as it was sent. */
  'gateway.assert-kept': (place: string, value: unknown) => void
  /** Whether who asks for a trace to be recorded may. */
  'gateway.proves-trace': (trace_id: string, tracestate: string | string[] | undefined) => boolean
  /** Whether a route for some roles is for this one. */
  'gateway.admits': (role: Role, admitted: readonly Role[]) => boolean
  'gateway.is-revoked': (jti: string) => Promise<boolean>
  /** Whether a nonce is refused because the gateway remembers it. `shared`: the store that all gateways have can be asked. */
  'gateway.knows-nonce': (remembered: boolean, shared: boolean) => boolean
  /** Whether a nonce is this claim's, where all gateways can ask while they cannot reach their store. */
  'gateway.claim-elsewhere': (claim: NonceClaim) => Promise<boolean>
  /** Whether one more request is let through, by what was counted of its scope (`player`, `spins`, …). */
  'gateway.admits-rate': (below: boolean, scope: string) => boolean
  /** The value that all gateways have under a nonce already, or null when it was set. */
  'gateway.claim-in-store': (key: string, value: string, ttl_ms: number) => Promise<string | null>

  /** How much is hashed at once, waits, and is of one network. */
  'identity.hashing-limits': { at_once: number; waiting_max: number; of_one_network_max: number }
  /** Charges a network for a wrong password; undefined: it has none left. */
  'identity.charge-failure': (network: string) => { giveBack: (share?: number) => void } | undefined
  'identity.is-password': (password_hash: string | undefined, password: string) => Promise<boolean>
  /** Ends the login that an access token came of. */
  'identity.end-login': (jti: string) => Promise<void>
  'identity.refresh': (refresh_token: string) => Promise<Login>
  'identity.suspend': (request: { player_id: string; operator_id: string }) => Promise<PlayerAccess>

  'session.check': (session_id: string, stake: StakeAsked) => Promise<{ game_id: string; reserve: boolean }>

  'game.dedupe-key': DedupeKey
  /** The server seed that a round is drawn with, of the one that was promised. */
  'game.drawn-with': DrawnWith
  'game.seed-shown': SeedShown
  'game.win-of': WinOf
  'game.send-transfer': SendTransfer
  'game.resolver': (signal: AbortSignal) => Promise<void>
  'game.spin': (request: RoundRequest, deadline_ms: number) => Promise<SpinResult>
  'game.proof': (player_id: string, round_id: string, deadline_ms: number) => Promise<RoundProof>

  /** What makes a request once-only: stores keep what it answers in a column with a unique index. */
  'wallet.dedupe-key': DedupeKey
  'wallet.ledger': LedgerPart
  'wallet.release-hold': (hold: { hold_id: string; player_id: string }) => Promise<HoldReleased>

  'catalog.game': (game_id: string) => Promise<GameDefinition>
  'catalog.version': (game_id: string, version: number) => Promise<GameDefinition>

  /** Whether an event that belongs into the audit trail gets there, by event id. */
  'telemetry.audits': (event_id: string) => boolean
  /** True when the event was written now, false when the log had it. */
  'telemetry.record': (event: SystemEvent) => Promise<boolean>

  /** The events of a batch that are applied to the read models. */
  'analytics.deliveries': (events: readonly SystemEvent[]) => readonly SystemEvent[]
  'analytics.is-new': IsNew
  'analytics.history': (player_id: string) => Promise<History>

  /** From the outbox to the stream of events. */
  'platform.publish': (event: SystemEvent) => Promise<void>
}
export type Seam = keyof Parts

export type DedupeKey = (key: string) => string
export type DrawnWith = (server_seed: string) => string
/** Whether a server seed is revealed: may leave the game in proofs and in the state. */
export type SeedShown = (seed: { ended: boolean; has_open_round: boolean }) => boolean
export type WinOf = (stops: readonly number[], stake_minor: bigint, game: GamePays) => bigint
export type SendTransfer = (request: TransferRequest, deadline_ms: number) => Promise<TransferAnswer>
/** Marks a version of an account as applied, in place; false when it was applied before. */
export type IsNew = (applied: AppliedVersions[], version: number, balance_minor: bigint) => boolean

type GamePays = Pick<GameDefinition, 'reels' | 'pays'>
interface StakeAsked {
  player_id: string
  stake_minor: number
}
interface AppliedVersions {
  from: number
  to: number
  balance_minor: bigint
}
interface SignedRequest {
  method: string
  path: string
  body: string
  headers: Record<string, string | string[] | undefined>
  region: string
}

/** Transfers and balances of the wallet. */
export interface LedgerPart {
  transfer(request: TransferRequest, transfer_id?: string): Promise<TransferAnswer>
  balance(player_id: string): Promise<AccountShown>
  /** Whether a transfer with this dedupe key is stored. */
  has(dedupe_key: string): Promise<boolean>
  readonly dedupeKey: DedupeKey
}
