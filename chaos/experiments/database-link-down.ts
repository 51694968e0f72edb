import type { Experiment } from './experiment.ts'
import { actorsAtWork } from './actors-at-work.ts'

export const databaseLinkDown: Experiment = {
  name: 'database-link-down',
  title: 'The wallet cannot reach PostgreSQL, and nobody tells it so',
  description:
    'All links from the wallet to PostgreSQL swallow everything for 10 s. Bets fail while it lasts; afterwards every round must end, and no money may have been taken for a spin that was not paid out or given back.',
  load: { profile: 'steady', rate_per_s: 24, players: 80 },
  steady_state: { success_rate_min: 0.99, p99_ms_max: 500, for_s: 5, limit_s: 30 },
  trials: 1,
  faults: [{ fault: 'link-down', parameters: { from: 'wallet', to: 'postgres', mode: 'blackhole' }, hold_s: 10 }],
  recovery: { good_s: 5, limit_s: 40 },
  stop: { failed_share_max: 0.95, for_s: 60 },
  expectations: { consistent: true, exercised: { ...actorsAtWork, acknowledged_during_fault: 10 }, recovery_s_max: 30 },
}
