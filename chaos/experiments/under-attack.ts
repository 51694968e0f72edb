import { actorsAtWork } from './actors-at-work.ts'
import type { Experiment } from './experiment.ts'

export const underAttack: Experiment = {
  name: 'under-attack',
  title: 'Somebody begins requests and never ends them, at every gateway',
  description:
    'For 15 s, 330 requests whose bodies never arrive are held open at the gateways of each region; what is refused is begun again. Whoever is honest must be served all the while, as if nobody attacked.',
  load: { profile: 'steady', rate_per_s: 24, players: 80 },
  steady_state: { success_rate_min: 0.99, p99_ms_max: 500, for_s: 5, limit_s: 30 },
  trials: 1,
  faults: [{ fault: 'unfinished-requests', parameters: { connections: 3, streams: 110 }, hold_s: 15 }],
  recovery: { good_s: 3, limit_s: 30 },
  stop: { failed_share_max: 0.95, for_s: 60 },
  expectations: {
    consistent: true,
    exercised: { ...actorsAtWork, acknowledged_during_fault: 10 },
    failed_share_max: 0.01,
    slo_violation_s_max: 3,
  },
}
