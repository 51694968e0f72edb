import type { Experiment } from './experiment.ts'
import { servedAllTheTime, undisturbed } from './undisturbed.ts'

// Logins cost a password hash each, and are what an operator does all the time: so few arrivals.
export const lockedDoors: Experiment = {
  name: 'locked-doors',
  title: 'Thieves at every door, and operators who lock them',
  description:
    'Steady load, no fault. Half of the arrivals are attacks: captured and forged requests, tokens that are over, guessed passwords, what belongs to others; and logins are ended in every way while they are used. An attacker gets nothing.',
  load: {
    profile: 'steady',
    rate_per_s: 7,
    players: 24,
    duration_s: 25,
    mix: {
      player: 0.3,
      operator: 0.25,
      thief: 0.45,
    },
  },
  ...undisturbed,
  expectations: {
    consistent: true,
    // A tenth of what two cores reach, so that it holds with the load that a cluster on them bears.
    exercised: {
      attacks: 60,
      asked_after_the_end: 12,
      refreshed_twice: 4,
      logins_while_suspended: 1,
    },
    ...servedAllTheTime,
  },
}
