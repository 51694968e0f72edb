import * as api from '#sut/contracts/api.ts'
import type { TransferRequest } from '#sut/contracts/bodies.ts'
import { Problem } from '#sut/contracts/problems.ts'
import type { Call } from '#sut/platform/platform.ts'
import type { Operation, PublicRequest } from './operations.ts'

export type Money = PublicRequest<{ amount_minor: number }>

/** Money in or out. The key is the player's own: that of another one with the same text is another. */
export const paymentOf = (
  kind: 'deposit' | 'withdrawal',
  { body, player_id, idempotency_key }: Money,
): TransferRequest => ({
  key: `${kind}:${player_id}:${idempotency_key}`,
  kind,
  player_id,
  amount_minor: body.amount_minor,
})

/** Responsible play, and money that goes out. */
export function careOperations(call: Call) {
  return {
    withdraw: {
      body: api.withdrawalRequest,
      answer: api.moneyMoved,
      moves_money: true,
      handle: (request: Money) =>
        call('wallet.transfer', { body: paymentOf('withdrawal', request), deadline_ms: request.deadline_ms }),
    },
    limits: {
      answer: api.limitsShown,
      moves_money: false,
      handle: ({ player_id, deadline_ms }) => call('session.limits', { params: { id: player_id }, deadline_ms }),
    },
    set_limits: {
      body: api.limitsRequest,
      answer: api.limitsShown,
      moves_money: false,
      handle: ({ body, player_id, deadline_ms }: PublicRequest<{ daily_loss_max_minor: number | null }>) =>
        call('session.set_limits', { params: { id: player_id }, body, deadline_ms }),
    },
    self_exclude: {
      body: api.exclusionRequest,
      answer: api.playerExcluded,
      moves_money: false,
      handle: ({ body, player_id, deadline_ms }: PublicRequest<{ days: number }>) =>
        call('session.exclude', { params: { id: player_id }, body, deadline_ms }),
    },
    reality_check: {
      params: api.ofSession,
      answer: api.realityShown,
      moves_money: false,
      handle: async ({ params, player_id, deadline_ms }) => {
        const id = params['session_id']!
        const acknowledged = await call('session.acknowledge', { params: { id }, body: { player_id }, deadline_ms })
        // The time is what must be shown; without the game the sum is left open.
        const result = await call('game.session_result', { params: { id: player_id, session: id }, deadline_ms }).catch(
          () => undefined,
        )
        return { ...acknowledged, net_result_minor: result?.net_result_minor ?? null }
      },
    },
  } satisfies Partial<Record<api.OperationKind, Operation>>
}

/** No money of a player who has excluded himself; a deposit that was made before is answered as it was. Throws Problem self_excluded. */
export async function depositAdmitted(call: Call, transfer: TransferRequest, deadline_ms: number) {
  try {
    await call('session.admit_deposit', { params: { id: transfer.player_id }, deadline_ms })
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'self_excluded') throw error
    return await call('wallet.replay', { body: transfer, deadline_ms }).catch((missing: unknown) => {
      throw missing instanceof Problem && missing.code === 'not_found' ? error : missing
    })
  }
  return await call('wallet.transfer', { body: transfer, deadline_ms })
}
