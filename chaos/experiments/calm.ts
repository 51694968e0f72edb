import type { Experiment } from './experiment.ts'
import { actorsAtWork } from './actors-at-work.ts'
import { servedAllTheTime, undisturbed } from './undisturbed.ts'

export const calm: Experiment = {
  name: 'calm',
  title: 'Nothing happens',
  description:
    'Steady load, no fault. Two such runs must differ in nothing that a verdict rests on: what they find is a false alarm of the harness.',
  load: { profile: 'steady', rate_per_s: 30, players: 60, duration_s: 20 },
  ...undisturbed,
  expectations: { consistent: true, exercised: { ...actorsAtWork }, ...servedAllTheTime },
}
