import type { SystemEvent } from '#sut/contracts/events.ts'
import type { StateLine } from '#sut/contracts/state.ts'

// Of a synthetic record: each player asks for one payout, and cancels it.

const payout_lasts_ms = 900_000

/** What a player asks for when everything is over; then he thinks better of it. */
export const fixturePayout = (player_id: string) => ({
  hold_id: `h-${player_id}`,
  key: `fixture-payout-${player_id}`,
  amount_minor: 100,
})

/** The hold of that payout, asked for at `at_ms` and given back 2 ms later, with its events. */
export function releasedHold(player_id: string, at_ms: number): StateLine[] {
  const { hold_id, key: client_key, amount_minor } = fixturePayout(player_id)
  const [key, expires_at_ms] = [`payout:${player_id}:${client_key}`, at_ms + payout_lasts_ms]
  const of = { player_id, hold_id, amount_minor }
  const events: SystemEvent[] = [
    { id: `${hold_id}:placed`, type: 'wallet.hold_placed', ...of, occurred_at_ms: at_ms, expires_at_ms },
    { id: `${hold_id}:released`, type: 'wallet.hold_released', ...of, occurred_at_ms: at_ms + 2 },
  ]
  const end = { status: 'released' as const, captured_minor: 0, transfer_id: null, ended_at_ms: at_ms + 2 }
  const times = { created_at_ms: at_ms, expires_at_ms, overdue_ms: 0 }
  return [
    { kind: 'hold', hold_id, key, player_id, amount_minor, ...end, ...times },
    ...events.flatMap((event): StateLine[] => [
      { kind: 'outbox', service: 'wallet', event_id: event.id, type: event.type, published: true },
      { kind: 'log', event },
    ]),
  ]
}

/** What the player is answered. */
export function payoutAsked(
  player_id: string,
  at_ms: number,
  { balance_minor, version }: { balance_minor: number; version: number },
): Record<string, unknown> {
  const { hold_id: payout_id, amount_minor } = fixturePayout(player_id)
  const shown = { balance_minor, held_minor: amount_minor, available_minor: balance_minor - amount_minor, version }
  return { payout_id, amount_minor, expires_at_ms: at_ms + payout_lasts_ms, ...shown }
}
