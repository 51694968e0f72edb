import type { Experiment } from './experiment.ts'
import { actorsAtWork } from './actors-at-work.ts'

export const linkLatencyWallet: Experiment = {
  name: 'link-latency-wallet',
  title: 'Every answer of the wallet comes 150 ms late',
  description:
    'A spin asks the wallet twice, so it takes 300 ms longer. It should stay within the service level, and nothing should be sent twice for impatience.',
  load: { profile: 'steady', rate_per_s: 24, players: 80 },
  steady_state: { success_rate_min: 0.99, p99_ms_max: 500, for_s: 5, limit_s: 30 },
  trials: 1,
  faults: [
    { fault: 'link-latency', parameters: { from: 'game', to: 'wallet', latency_ms: 150, jitter_ms: 20 }, hold_s: 15 },
  ],
  recovery: { good_s: 5, limit_s: 30 },
  stop: { failed_share_max: 0.6, for_s: 20 },
  expectations: {
    consistent: true,
    exercised: { ...actorsAtWork, acknowledged_during_fault: 10 },
    recovery_s_max: 25,
    failed_share_max: 0.02,
  },
}
