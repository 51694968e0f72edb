import { heldAfter, type Profile } from './profile.ts'

// Long enough for an autoscaler to grow step by step, and for a just-in-time compiler to have seen each path often.
const warm_up_s = 60

export const climb: Profile = {
  name: 'climb',
  title: 'up to the rate in the course of a minute, and then the same rate all the time',
  warm_up_s,
  stages: heldAfter(warm_up_s),
}
