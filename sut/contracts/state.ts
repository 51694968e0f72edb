import { Type, type Static } from 'typebox'
import { auditEntry, auditHead } from './audit.ts'
import { transferKind } from './bodies.ts'
import { systemEvent } from './events.ts'
import { holdStatus } from './holds.ts'
import { amountMinor, balanceMinor, signedMinor } from './money.ts'
import type { Span } from './tracing.ts'

// The final state of the system, one line an item: what `GET /dump` of the operations port streams, and `ledger.jsonl` keeps.
const accountState = Type.Object({
  kind: Type.Literal('account'),
  account: Type.String(), // player:<player_id> or house:<n>
  balance_minor: signedMinor,
  /** Absent in records of before there were holds. */
  held_minor: Type.Optional(balanceMinor),
  version: Type.Integer(),
})
const transferState = Type.Object({
  kind: Type.Literal('transfer'),
  transfer_id: Type.String(),
  key: Type.String(),
  transfer_kind: Type.Union([transferKind, Type.Literal('tombstone')]),
  player_id: Type.String(),
  amount_minor: Type.Integer({ minimum: 0 }),
  round_id: Type.Union([Type.String(), Type.Null()]),
  game_id: Type.Union([Type.String(), Type.Null()]),
  created_at_ms: Type.Number(),
})
/** hash = hex(SHA-256(previous hash of the account, '' for the first | account | version | transfer_id | amount | balance)), fields joined by '|'. */
const entryState = Type.Object({
  kind: Type.Literal('entry'),
  account: Type.String(),
  version: Type.Integer(),
  transfer_id: Type.String(),
  amount_minor: signedMinor,
  balance_after_minor: signedMinor,
  hash: Type.String(),
})
/** Its capture is the transfer with the key `capture:<hold_id>`. Times are those of the wallet's database. */
const holdState = Type.Object({
  kind: Type.Literal('hold'),
  hold_id: Type.String(),
  key: Type.String(),
  player_id: Type.String(),
  amount_minor: amountMinor,
  status: holdStatus,
  captured_minor: balanceMinor,
  transfer_id: Type.Union([Type.String(), Type.Null()]),
  created_at_ms: Type.Number(),
  expires_at_ms: Type.Number(),
  ended_at_ms: Type.Union([Type.Number(), Type.Null()]),
  /** Of the account when it was placed. Absent in older records. */
  version: Type.Optional(Type.Integer({ minimum: 0 })),
  /** How long an open one was past its time when it was read. */
  overdue_ms: Type.Number({ minimum: 0 }),
})
/** A row of an outbox: the whole event and whether the relay has published it. */
const outboxState = Type.Object({
  kind: Type.Literal('outbox'),
  service: Type.String(),
  event_id: Type.String(),
  type: Type.String(),
  published: Type.Boolean(),
})
const roundState = Type.Object({
  kind: Type.Literal('round'),
  round_id: Type.String(),
  key: Type.String(),
  player_id: Type.String(),
  session_id: Type.String(),
  game_id: Type.String(),
  game_version: Type.Integer(),
  status: Type.String(), // 'completed' and 'cancelled' are final
  /** Ended by the resolver, because its request had left it behind. Absent in records of before that was kept. */
  resolved: Type.Optional(Type.Boolean()),
  stake_minor: balanceMinor,
  win_minor: Type.Union([balanceMinor, Type.Null()]),
  /** Null until the seed is revealed. */
  server_seed: Type.Union([Type.String(), Type.Null()]),
  server_seed_hash: Type.String(),
  client_seed: Type.String(),
  nonce: Type.Integer(),
  stops: Type.Union([Type.Array(Type.Integer()), Type.Null()]),
})
const gameState = Type.Object({
  kind: Type.Literal('game'),
  game_id: Type.String(),
  version: Type.Integer(),
  return_to_player: Type.Number(),
  reels: Type.Array(Type.Array(Type.Integer())),
  pays: Type.Record(Type.String(), Type.Integer()),
})
const logState = Type.Object({ kind: Type.Literal('log'), event: systemEvent })
/** How often a consumer of the bus was handed an event, since it was made; with more than there are events, some came again. */
const deliveryState = Type.Object({
  kind: Type.Literal('delivery'),
  consumer: Type.String(),
  deliveries: Type.Integer(),
})
/** Read model of a player, as analytics holds it. */
const playerModelState = Type.Object({
  kind: Type.Literal('player_model'),
  player_id: Type.String(),
  version: Type.Integer(), // highest version such that all up to it are applied
  balance_minor: balanceMinor,
  deposited_minor: Type.Integer(),
  withdrawn_minor: Type.Integer(),
  staked_minor: Type.Integer(), // bets less rollbacks
  won_minor: Type.Integer(),
})
const gameModelState = Type.Object({
  kind: Type.Literal('game_model'),
  game_id: Type.String(),
  rounds: Type.Integer(),
  staked_minor: Type.Integer(),
  won_minor: Type.Integer(),
})
/** The audit trail, and its head: records of before there was one have neither. */
const auditState = Type.Object({ kind: Type.Literal('audit'), entry: auditEntry })
const auditHeadState = Type.Object({ kind: Type.Literal('audit_head'), head: auditHead })
/**
 * How often a planted bug ran, and made a difference, in one instance, or in the database of a service (where each instance leaves its
 * first marks too, so that a kill does not take all of them). No check reads these; the command `controls` does.
 */
const plantedState = Type.Object({
  kind: Type.Literal('planted'),
  bug: Type.String(),
  service: Type.String(),
  instance: Type.String(),
  ran: Type.Integer({ minimum: 0 }),
  reached: Type.Integer({ minimum: 0 }),
})

export const stateLine = Type.Union([
  accountState,
  transferState,
  entryState,
  holdState,
  outboxState,
  roundState,
  gameState,
  logState,
  deliveryState,
  playerModelState,
  gameModelState,
  auditState,
  auditHeadState,
  plantedState,
])
export type StateLine = Static<typeof stateLine>
export type StateOf<Kind extends StateLine['kind']> = Extract<StateLine, { kind: Kind }>

/** A span comes the same way, and goes to `traces.jsonl`. */
export type SpanLine = { kind: 'span'; span: Span }
export type DumpLine = StateLine | SpanLine

/** `GET /state` of the operations port: what still moves inside this instance. All zero in every instance = settled. */
export const pendingWork = Type.Object({ pending: Type.Record(Type.String(), Type.Number()) })
export type PendingWork = Static<typeof pendingWork>

/** `GET /certificate`: serial number of the certificate that the door of this instance shows to who connects; null: it has no door. */
export interface ShownCertificate {
  serial: string | null
}
