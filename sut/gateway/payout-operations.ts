import * as api from '#sut/contracts/api.ts'
import type { Call } from '#sut/platform/platform.ts'
import type { Money } from './care-operations.ts'
import type { Operation } from './operations.ts'

/** From asking to confirming: then the money is the player's again. */
export const payoutLasts_ms = 15 * 60_000

/** A withdrawal in two steps. A payout is a hold in the wallet, which knows the holds of the player alone. */
export const payoutOperations = (call: Call) =>
  ({
    ask_payout: {
      body: api.withdrawalRequest,
      answer: api.payoutAsked,
      moves_money: true,
      handle: async ({ body: { amount_minor }, player_id, idempotency_key, deadline_ms }: Money) => {
        // The key is the player's own, as that of a payment is.
        const key = `payout:${player_id}:${idempotency_key}`
        const hold = { key, player_id, amount_minor, lasts_ms: payoutLasts_ms }
        const { hold_id: payout_id, ...placed } = await call('wallet.place_hold', { body: hold, deadline_ms })
        return { payout_id, ...placed }
      },
    },
    payout: {
      params: api.payoutParams,
      answer: api.payoutShown,
      moves_money: false,
      handle: async ({ params, player_id, deadline_ms }) => {
        const of = { id: player_id, hold: params['payout_id']! }
        const { hold_id: payout_id, ...shown } = await call('wallet.hold', { params: of, deadline_ms })
        return { payout_id, ...shown }
      },
    },
    // No key of its own: a payout is confirmed once, and asked again it is answered the same.
    confirm_payout: {
      params: api.payoutParams,
      answer: api.payoutConfirmed,
      moves_money: false,
      handle: async ({ params, player_id, deadline_ms }) => {
        const of = { params: { id: params['payout_id']! }, body: { player_id }, deadline_ms }
        const { hold_id: payout_id, captured_minor: amount_minor, ...moved } = await call('wallet.capture_hold', of)
        return { payout_id, amount_minor, ...moved }
      },
    },
    cancel_payout: {
      params: api.payoutParams,
      answer: api.payoutCancelled,
      moves_money: false,
      handle: async ({ params, player_id, deadline_ms }) => {
        const of = { params: { id: params['payout_id']! }, body: { player_id }, deadline_ms }
        const { hold_id: payout_id, amount_minor } = await call('wallet.release_hold', of)
        return { payout_id, amount_minor, cancelled: true }
      },
    },
  }) satisfies Partial<Record<api.OperationKind, Operation>>
