import { expect, test } from 'vitest'
import type { RoundEnded } from '#sut/contracts/events.ts'
import { prometheusMetrics } from '#sut/platform/prometheus.ts'
import { business } from './business.ts'

test('rounds and money are counted by game and kind; a cancelled round has no stake', async () => {
  const metrics = prometheusMetrics({ region: 'a' })
  const count = business(metrics)
  const round: RoundEnded = {
    type: 'game.round_ended',
    id: 'round:1',
    occurred_at_ms: 1,
    player_id: 'ada',
    round_id: '1',
    game_id: 'comet-chase',
    status: 'completed',
    stake_minor: 100,
    win_minor: 250,
  }
  count(round)
  count({ ...round, stake_minor: 50, win_minor: 0 })
  count({ ...round, status: 'cancelled', stake_minor: 1_000, win_minor: 9_000 })
  count({
    type: 'wallet.transferred',
    id: 'transfer:1',
    occurred_at_ms: 1,
    player_id: 'ada',
    transfer_id: '1',
    kind: 'deposit',
    amount_minor: 700,
    balance_after_minor: 700,
    version: 1,
  })

  const page = await metrics.registry.metrics()
  for (const line of [
    'business_rounds_total{game="comet-chase",status="completed",region="a"} 2',
    'business_rounds_total{game="comet-chase",status="cancelled",region="a"} 1',
    'business_stakes_minor_total{game="comet-chase",region="a"} 150',
    'business_wins_minor_total{game="comet-chase",region="a"} 250',
    'business_transfers_minor_total{kind="deposit",region="a"} 700',
    'business_events_total{type="game.round_ended",region="a"} 3',
  ])
    expect(page).toContain(line)
})
