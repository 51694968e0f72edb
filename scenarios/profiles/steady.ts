import { heldAfter, type Profile } from './profile.ts'

const warm_up_s = 5

export const steady: Profile = {
  name: 'steady',
  title: 'the same arrival rate all the time, after a warm-up of 5 s',
  warm_up_s,
  stages: heldAfter(warm_up_s),
}
