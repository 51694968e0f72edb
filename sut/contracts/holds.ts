import { Type, type Static } from 'typebox'
import { player } from './bodies.ts'
import { amountMinor, balanceMinor } from './money.ts'

// Money on hold: an amount of a player's balance that is set aside under a key of the caller until it is captured (becomes a
// withdrawal), released, or its time is over. Every instant is of the clock of the wallet's database.
export const holdStatus = Type.Enum(['open', 'captured', 'released', 'expired'])

/** balance = available + held: what is held can be neither bet nor withdrawn. */
export const accountShown = Type.Object({
  balance_minor: balanceMinor,
  held_minor: balanceMinor,
  available_minor: balanceMinor,
  version: Type.Integer(),
})
export const holdRequest = Type.Object({
  /** Same key, same answer; same key with other parameters: idempotency_conflict. */
  key: Type.String({ minLength: 1, maxLength: 160 }),
  player_id: Type.String(),
  amount_minor: amountMinor,
  lasts_ms: Type.Integer({ minimum: 1, maximum: 7 * 24 * 3_600_000 }),
})
export const holdPlaced = Type.Object({
  hold_id: Type.String(),
  amount_minor: amountMinor,
  expires_at_ms: Type.Integer(),
  ...accountShown.properties,
  replayed: Type.Boolean(),
})
/** No amount: all of it. Of less than all the rest is available again. */
export const captureRequest = Type.Object({ player_id: Type.String(), amount_minor: Type.Optional(amountMinor) })
export const holdCaptured = Type.Object({
  hold_id: Type.String(),
  transfer_id: Type.String(),
  captured_minor: amountMinor,
  balance_minor: balanceMinor,
  version: Type.Integer(),
  replayed: Type.Boolean(),
})
export const holdReleased = Type.Object({ hold_id: Type.String(), amount_minor: amountMinor, replayed: Type.Boolean() })
export const holdShown = Type.Object({
  hold_id: Type.String(),
  status: holdStatus,
  amount_minor: amountMinor,
  expires_at_ms: Type.Integer(),
  transfer_id: Type.Union([Type.String(), Type.Null()]),
})

/** A part of calls.ts. */
export const holdCalls = {
  'wallet.place_hold': {
    method: 'POST',
    path: '/holds',
    callers: ['gateway'],
    body: holdRequest,
    answer: holdPlaced,
    idempotent: true,
  },
  'wallet.capture_hold': {
    method: 'POST',
    path: '/holds/:id/capture',
    callers: ['gateway'],
    body: captureRequest,
    answer: holdCaptured,
    idempotent: true,
  },
  'wallet.release_hold': {
    method: 'POST',
    path: '/holds/:id/release',
    callers: ['gateway'],
    body: player,
    answer: holdReleased,
    idempotent: true,
  },
  'wallet.hold': {
    method: 'GET',
    path: '/accounts/:id/holds/:hold',
    callers: ['gateway'],
    answer: holdShown,
    idempotent: true,
  },
} as const

export type HoldStatus = Static<typeof holdStatus>
export type AccountShown = Static<typeof accountShown>
export type HoldRequest = Static<typeof holdRequest>
export type HoldPlaced = Static<typeof holdPlaced>
export type CaptureRequest = Static<typeof captureRequest>
export type HoldCaptured = Static<typeof holdCaptured>
export type HoldReleased = Static<typeof holdReleased>
export type HoldShown = Static<typeof holdShown>
