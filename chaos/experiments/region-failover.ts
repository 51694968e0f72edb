import type { Experiment } from './experiment.ts'
import { actorsAtWork } from './actors-at-work.ts'

// The hold is longer than the lease of the PostgreSQL primary (ttl 20 s): the promotion happens while the region is dark.
export const regionFailover: Experiment = {
  name: 'region-failover',
  title: 'A whole region goes dark, and comes back',
  description:
    'Every process of region a is killed, its PostgreSQL primary among them. The standby is promoted, the players move to region b, then a comes back as standby. Nothing that was acknowledged may be lost.',
  load: { profile: 'steady', rate_per_s: 24, players: 60 },
  steady_state: { success_rate_min: 0.99, p99_ms_max: 500, for_s: 5, limit_s: 30 },
  trials: 1,
  faults: [{ fault: 'region-outage', parameters: { region: 'a' }, hold_s: 32 }],
  // Players are watched until the region is back, which takes pods a minute: its standby, catching up, can make them wait once more.
  recovery: { good_s: 5, limit_s: 120 },
  stop: { failed_share_max: 0.95, for_s: 60 },
  expectations: { consistent: true, exercised: { ...actorsAtWork, acknowledged_during_fault: 10 }, recovery_s_max: 45 },
}
