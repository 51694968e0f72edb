import type { Experiment } from './experiment.ts'
import { actorsAtWork } from './actors-at-work.ts'

export const calm: Experiment = {
  name: 'calm',
  title: 'Nothing happens',
  description:
    'Steady load, no fault. Two such runs must differ in nothing that a verdict rests on: what they find is a false alarm of the harness.',
  load: { profile: 'steady', rate_per_s: 30, players: 60, duration_s: 20 },
  steady_state: { success_rate_min: 0.99, p99_ms_max: 500, for_s: 5, limit_s: 30 },
  trials: 1,
  faults: [],
  recovery: { good_s: 5, limit_s: 30 },
  stop: { failed_share_max: 0.6, for_s: 20 },
  expectations: { consistent: true, exercised: { ...actorsAtWork }, failed_share_max: 0.01, slo_violation_s_max: 3 },
}
