import type { Experiment } from './experiment.ts'
import { servedAllTheTime, undisturbed } from './undisturbed.ts'

// An arrival of these actors is three to five operations, so there are fewer arrivals than in other experiments.
export const contention: Experiment = {
  name: 'contention',
  title: 'Few accounts, and two hands on each',
  description:
    'Steady load, no fault. Most accounts are used by two devices at once, send their keys twice, or hang up: whatever is lost, done twice or overdrawn when operations of one account cross has the occasion many times a second.',
  load: {
    profile: 'steady',
    rate_per_s: 20,
    players: 32,
    duration_s: 25,
    mix: {
      player: 0.1,
      'two-devices': 0.5,
      'same-key': 0.3,
      impatient: 0.1,
    },
  },
  ...undisturbed,
  expectations: {
    consistent: true,
    // A tenth of what two cores reach, so that it holds with the load that a cluster on them bears.
    exercised: {
      overlapping_transfers: 30,
      copies_under_way: 6,
      keys_sent_again: 2,
      refused_for_funds: 2,
      holds_in_crossing: 2,
    },
    ...servedAllTheTime,
  },
}
