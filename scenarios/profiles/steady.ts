import type { Profile } from './profile.ts'

const warm_up_s = 5

export const steady: Profile = {
  name: 'steady',
  title: 'the same arrival rate all the time, after a warm-up of 5 s',
  warm_up_s,
  stages: ({ rate_per_s, duration_s }) => [
    { duration_s: warm_up_s, from_per_s: 0, to_per_s: rate_per_s },
    { duration_s, from_per_s: rate_per_s, to_per_s: rate_per_s },
  ],
}
