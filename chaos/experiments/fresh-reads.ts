import type { Experiment } from './experiment.ts'
import { servedAllTheTime, undisturbed } from './undisturbed.ts'

// An arrival of a reader is ten operations and more.
export const freshReads: Experiment = {
  name: 'fresh-reads',
  title: 'Whatever was written is read at once, elsewhere',
  description:
    'Steady load, no fault. Most players read in both regions what they have just written: balances, payouts, histories, limits, and the proofs of their rounds before and after the seed is revealed.',
  load: {
    profile: 'steady',
    rate_per_s: 12,
    players: 32,
    duration_s: 25,
    mix: {
      player: 0.2,
      'two-devices': 0.2,
      reader: 0.6,
    },
  },
  ...undisturbed,
  expectations: {
    consistent: true,
    // A tenth of what two cores reach, so that it holds with the load that a cluster on them bears.
    exercised: {
      reads_elsewhere_after_write: 30,
      reads_beside_a_write: 2,
      proofs_read: 20,
      promises_read: 15,
      payouts_read: 5,
    },
    ...servedAllTheTime,
  },
}
