import type { Experiment } from './experiment.ts'
import { servedAllTheTime, undisturbed } from './undisturbed.ts'

// Half a minute: who excludes himself waits, and then tries again what a cache may still allow.
export const saferPlay: Experiment = {
  name: 'safer-play',
  title: 'Players protect themselves, and are kept to it',
  description:
    'Steady load, no fault. Most players limit their losses or exclude themselves while their own stakes are under way, and then try everything that they may not do any more.',
  load: {
    profile: 'steady',
    rate_per_s: 14,
    players: 30,
    duration_s: 25,
    mix: {
      player: 0.2,
      careful: 0.8,
    },
  },
  ...undisturbed,
  expectations: {
    consistent: true,
    // A tenth of what two cores reach, so that it holds with the load that a cluster on them bears.
    exercised: {
      asked_while_excluded: 40,
      stakes_under_a_limit: 2,
      stakes_above_the_cap: 1,
      limits_read: 3,
      exclusions_acknowledged: 2,
    },
    ...servedAllTheTime,
  },
}
