import type { Profile } from './profile.ts'

const warm_up_s = 5
const peak_factor = 4
// Of a watched part of 68 s: 15 s steady, 3 s up, 25 s at the peak, 25 s back at the rate of before.
const shares = { steady: 15 / 68, ramp: 3 / 68, peak: 25 / 68, back: 25 / 68 } as const

export const surge: Profile = {
  name: 'surge',
  title: 'steady, then four times the rate within seconds, held, and back at once',
  warm_up_s,
  stages: ({ rate_per_s, duration_s }) => {
    const peak_per_s = rate_per_s * peak_factor
    return [
      { duration_s: warm_up_s, from_per_s: 0, to_per_s: rate_per_s },
      { duration_s: duration_s * shares.steady, from_per_s: rate_per_s, to_per_s: rate_per_s },
      { duration_s: duration_s * shares.ramp, from_per_s: rate_per_s, to_per_s: peak_per_s },
      { duration_s: duration_s * shares.peak, from_per_s: peak_per_s, to_per_s: peak_per_s },
      { duration_s: duration_s * shares.back, from_per_s: rate_per_s, to_per_s: rate_per_s },
    ]
  },
}
