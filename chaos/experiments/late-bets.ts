import type { Experiment } from './experiment.ts'
import { actorsAtWork } from './actors-at-work.ts'

// Later than the resolver takes a round (3 s), so that its rollback overtakes the bet: whoever resolves in region b is not slowed down.
const latency_ms = 4_500

export const lateBets: Experiment = {
  name: 'late-bets',
  title: 'Bets arrive after their rounds were given up',
  description:
    'For 8 s gateways reach the game in region a alone, and that reaches the wallet 4.5 s late. Spins fail, and the resolver in region b takes back bets that the wallet has not seen yet. When they arrive, they must be refused: no money may be gone for a round that was cancelled.',
  load: { profile: 'steady', rate_per_s: 24, players: 80 },
  steady_state: { success_rate_min: 0.99, p99_ms_max: 500, for_s: 5, limit_s: 30 },
  trials: 1,
  faults: [
    // Else a gateway asks region b when it gets no answer, and the round goes on there. The proof of the other fault takes 5 s.
    { fault: 'link-down', parameters: { from: 'gateway', to: 'game', to_region: 'b', mode: 'refuse' }, hold_s: 14 },
    {
      fault: 'link-latency',
      parameters: { from: 'game', to: 'wallet', from_region: 'a', latency_ms, delays: 'requests' },
      hold_s: 8,
    },
  ],
  recovery: { good_s: 5, limit_s: 40 },
  stop: { failed_share_max: 0.95, for_s: 60 },
  expectations: { consistent: true, exercised: { ...actorsAtWork, bets_refused_in_advance: 5 }, recovery_s_max: 30 },
}
