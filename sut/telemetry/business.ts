import type { SystemEvent } from '#sut/contracts/events.ts'
import type { Metrics } from '#sut/platform/metrics.ts'

/**
 * What the business does, in the smallest unit of money, out of the events: each counts once, wherever it was taken first,
 * and no player waits for it. The observed return of a game is wins through stakes.
 */
export function business(metrics: Metrics): (event: SystemEvent) => void {
  const rounds = metrics.counter('business_rounds_total', 'Rounds that ended', ['game', 'status'])
  const stakes = metrics.counter('business_stakes_minor_total', 'Stakes of completed rounds', ['game'])
  const wins = metrics.counter('business_wins_minor_total', 'Wins of completed rounds', ['game'])
  const transfers = metrics.counter('business_transfers_minor_total', 'Money moved, by kind', ['kind'])
  const happenings = metrics.counter('business_events_total', 'Events of all kinds, once each', ['type'])

  return (event) => {
    happenings.inc({ type: event.type })
    if (event.type === 'wallet.transferred') transfers.inc({ kind: event.kind }, event.amount_minor)
    if (event.type !== 'game.round_ended') return
    const { game_id: game, status, stake_minor, win_minor } = event
    rounds.inc({ game, status })
    if (status === 'cancelled') return
    stakes.inc({ game }, stake_minor)
    wins.inc({ game }, win_minor)
  }
}
