import type { Experiment } from './experiment.ts'
import { actorsAtWork } from './actors-at-work.ts'

// Three trials kill one of the wallet's two instances in region a. The seed chooses; the second crash of the same slot waits
// for 10 s of restart back-off and the third for 20 s, as in Kubernetes, so trials differ: that is why there are three. Whole again is
// waited for so long, and a start on top. Recovery may last until that instance is back: its start takes CPU from those that serve, and
// one slow answer of 30 makes a second a bad one. It may be well late as well, where a cluster shares
// two cores with its load.
export const walletKill: Experiment = {
  name: 'wallet-kill',
  title: 'A wallet instance is killed while players play',
  description:
    'SIGKILL of one wallet instance in region a, three times. Players should notice next to nothing: calls move to the other instance, and no acknowledged spin or deposit is lost or applied twice.',
  load: { profile: 'steady', rate_per_s: 24, players: 60 },
  steady_state: { success_rate_min: 0.99, p99_ms_max: 500, for_s: 5, limit_s: 60 },
  trials: 3,
  faults: [{ fault: 'process-kill', parameters: { service: 'wallet', region: 'a', count: 1 }, hold_s: 0 }],
  recovery: { good_s: 5, limit_s: 60 },
  stop: { failed_share_max: 0.6, for_s: 20 },
  expectations: {
    consistent: true,
    exercised: { ...actorsAtWork, acknowledged_during_fault: 10 },
    recovery_s_max: 15,
    failed_share_max: 0.02,
  },
}
