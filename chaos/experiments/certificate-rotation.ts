import type { Experiment } from './experiment.ts'
import { actorsAtWork } from './actors-at-work.ts'

// Replicas stay as they are: one that is scaled in would not show its new certificate any more.
export const certificateRotation: Experiment = {
  name: 'certificate-rotation',
  title: 'All services get new certificates while players play',
  description:
    'Every certificate between services, and that of the door, is replaced, twice. Connections are made anew with the new ones, and nobody notices: no operation fails.',
  load: { profile: 'steady', rate_per_s: 24, players: 60 },
  autoscaling: false,
  steady_state: { success_rate_min: 0.99, p99_ms_max: 500, for_s: 5, limit_s: 30 },
  trials: 2,
  faults: [{ fault: 'certificate-rotation', parameters: {}, hold_s: 5 }],
  recovery: { good_s: 5, limit_s: 60 },
  stop: { failed_share_max: 0.6, for_s: 20 },
  expectations: {
    consistent: true,
    exercised: { ...actorsAtWork, acknowledged_during_fault: 10 },
    failed_share_max: 0,
  },
}
