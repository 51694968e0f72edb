import { Type, type Static } from 'typebox'
import { transferKind } from './bodies.ts'
import { amountMinor, balanceMinor } from './money.ts'
import { role } from './roles.ts'

// Events leave a service through its outbox and reach the JetStream stream EVENTS at least once, in any order.
export const eventStream = 'EVENTS'
/** The event log: one message per subject `log.<event id>`, a second one is refused by the server: every event once. */
export const logStream = 'LOG'
export const shardCount = 8

const envelope = { id: Type.String(), occurred_at_ms: Type.Number(), player_id: Type.String() }

export const moneyTransferred = Type.Object({
  ...envelope,
  type: Type.Literal('wallet.transferred'),
  transfer_id: Type.String(),
  kind: transferKind,
  amount_minor: amountMinor,
  balance_after_minor: balanceMinor,
  /** Version of the player's account: gapless, so a consumer that knows which versions it has applied needs no order. */
  version: Type.Integer(),
  round_id: Type.Optional(Type.String()),
  game_id: Type.Optional(Type.String()),
})
const ofHold = { ...envelope, hold_id: Type.String(), amount_minor: amountMinor }
export const holdPlaced = Type.Object({
  ...ofHold,
  type: Type.Literal('wallet.hold_placed'),
  expires_at_ms: Type.Integer(),
})
/** The transfer has an event of its own. What was not captured is available again. */
export const holdCaptured = Type.Object({
  ...ofHold,
  type: Type.Literal('wallet.hold_captured'),
  captured_minor: amountMinor,
  transfer_id: Type.String(),
})
export const holdReleased = Type.Object({ ...ofHold, type: Type.Literal('wallet.hold_released') })
export const holdExpired = Type.Object({ ...ofHold, type: Type.Literal('wallet.hold_expired') })
export const roundEnded = Type.Object({
  ...envelope,
  type: Type.Literal('game.round_ended'),
  round_id: Type.String(),
  game_id: Type.String(),
  status: Type.Union([Type.Literal('completed'), Type.Literal('cancelled')]),
  stake_minor: amountMinor,
  win_minor: balanceMinor,
})
export const playerRegistered = Type.Object({ ...envelope, type: Type.Literal('identity.player_registered') })
export const sessionOpened = Type.Object({
  ...envelope,
  type: Type.Literal('session.opened'),
  session_id: Type.String(),
  game_id: Type.String(),
})
export const limitChanged = Type.Object({
  ...envelope,
  type: Type.Literal('limit.changed'),
  daily_loss_max_minor: Type.Union([balanceMinor, Type.Null()]),
  /** Now for a lower limit, later for a higher one or none. */
  effective_at_ms: Type.Integer(),
})
export const playerExcluded = Type.Object({
  ...envelope,
  type: Type.Literal('player.excluded'),
  until_ms: Type.Integer(),
})
// Of logins and operators: `player_id` is whose login it is, whatever the role.
export const loggedIn = Type.Object({
  ...envelope,
  type: Type.Literal('identity.logged_in'),
  login_id: Type.String(),
  role,
})
/** Of a name that nobody has, `player_id` is `nobody`: what was typed as a name may be a password. */
export const loginLocked = Type.Object({
  ...envelope,
  type: Type.Literal('identity.login_locked'),
  in_a_row: Type.Integer(),
})
export const logoutCause = Type.Enum(['logout', 'refresh_token_reused', 'suspended'])
export const loggedOut = Type.Object({
  ...envelope,
  type: Type.Literal('identity.logged_out'),
  login_id: Type.String(),
  cause: logoutCause,
})
const byOperator = { ...envelope, operator_id: Type.String() }
export const playerSuspended = Type.Object({ ...byOperator, type: Type.Literal('player.suspended') })
export const playerReinstated = Type.Object({ ...byOperator, type: Type.Literal('player.reinstated') })
export const systemEvent = Type.Union([
  moneyTransferred,
  holdPlaced,
  holdCaptured,
  holdReleased,
  holdExpired,
  roundEnded,
  playerRegistered,
  sessionOpened,
  limitChanged,
  playerExcluded,
  loggedIn,
  loginLocked,
  loggedOut,
  playerSuspended,
  playerReinstated,
])
export type LogoutCause = Static<typeof logoutCause>

export type MoneyTransferred = Static<typeof moneyTransferred>
export type RoundEnded = Static<typeof roundEnded>
export type SystemEvent = Static<typeof systemEvent>
export type EventType = SystemEvent['type']

export const eventTypes: readonly EventType[] = systemEvent.anyOf.map(({ properties }) => properties.type.const)

/** Shard of a player, 0 … shardCount − 1 (FNV-1a). */
export function shardOf(player_id: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < player_id.length; index++)
    hash = Math.imul(hash ^ player_id.charCodeAt(index), 0x01000193)
  return (hash >>> 0) % shardCount
}

/** Subject in the stream EVENTS: `events.<shard>.<type>`, e.g. events.3.wallet.transferred */
export const subjectOf = (event: { type: string; player_id: string }): string =>
  `events.${shardOf(event.player_id)}.${event.type}`
