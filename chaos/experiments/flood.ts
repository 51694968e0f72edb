import type { Experiment } from './experiment.ts'
import { servedAllTheTime, undisturbed } from './undisturbed.ts'

export const flood: Experiment = {
  name: 'flood',
  title: 'One player spins as a hundred would',
  description:
    'Steady load, no fault. One player floods both regions with spins for some ten seconds. He is served what one player is served and refused the rest; the others notice nothing.',
  load: {
    profile: 'steady',
    rate_per_s: 6,
    players: 20,
    duration_s: 25,
    mix: {
      player: 0.95,
      flooder: 0.05,
    },
  },
  ...undisturbed,
  expectations: {
    consistent: true,
    exercised: { asked_too_often: 50 },
    ...servedAllTheTime,
  },
}
