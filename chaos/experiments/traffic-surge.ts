import type { Experiment } from './experiment.ts'
import { actorsAtWork } from './actors-at-work.ts'

// Half as many attackers as elsewhere: two cores must bear what makes the game scale out, and an arrival of theirs is
// several operations.
export const trafficSurge: Experiment = {
  name: 'traffic-surge',
  title: 'The load rises steeply within seconds',
  description:
    'No fault: the load itself is the experiment. Gateway and game should be scaled out in time, and the players should be served well again soon after.',
  load: {
    profile: 'surge',
    rate_per_s: 10,
    players: 100,
    duration_s: 68,
    mix: {
      player: 0.86,
      'two-devices': 0.02,
      'same-key': 0.02,
      reader: 0.02,
      impatient: 0.02,
      careful: 0.02,
      operator: 0.02,
      thief: 0.02,
    },
  },
  steady_state: { success_rate_min: 0.99, p99_ms_max: 500, for_s: 4, limit_s: 20 },
  trials: 1,
  faults: [],
  recovery: { good_s: 5, limit_s: 30 },
  stop: { failed_share_max: 0.8, for_s: 20 },
  expectations: {
    consistent: true,
    exercised: { ...actorsAtWork },
    failed_share_max: 0.05,
    slo_violation_s_max: 20,
    scales_out: [
      { service: 'gateway', replicas_min: 2 },
      { service: 'game', replicas_min: 2 },
    ],
    reaction_lag_s_max: 25,
  },
}
