import { actorsAtWork } from './actors-at-work.ts'
import type { Experiment } from './experiment.ts'

// Many thieves: what is at risk while gateways cannot ask Redis is that a request which one of them has seen
// is served once more, by itself or by another gateway of its region (docs/decisions/014).
export const redisLinkDown: Experiment = {
  name: 'redis-link-down',
  title: 'Gateways cannot reach Redis while requests are replayed',
  description:
    'All links from the gateways to Redis swallow everything for 15 s, so that gateways cannot tell each other which requests they have seen, nor how often somebody asks. Players should notice next to nothing, and no request is served a second time.',
  load: {
    profile: 'steady',
    rate_per_s: 16,
    players: 60,
    mix: {
      player: 0.64,
      'two-devices': 0.06,
      'same-key': 0.04,
      reader: 0.06,
      impatient: 0.04,
      careful: 0.04,
      operator: 0.02,
      thief: 0.1,
    },
  },
  steady_state: { success_rate_min: 0.99, p99_ms_max: 500, for_s: 5, limit_s: 30 },
  trials: 1,
  faults: [{ fault: 'link-down', parameters: { from: 'gateway', to: 'redis', mode: 'blackhole' }, hold_s: 15 }],
  recovery: { good_s: 5, limit_s: 30 },
  stop: { failed_share_max: 0.6, for_s: 20 },
  expectations: {
    consistent: true,
    exercised: { ...actorsAtWork, replays_during_fault: 3, acknowledged_during_fault: 10 },
    recovery_s_max: 15,
    failed_share_max: 0.02,
  },
}
