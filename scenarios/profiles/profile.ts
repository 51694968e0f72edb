// A profile is one shape of load, as pure data: Node plans and judges with it, k6 runs it.

/** The arrival rate changes linearly from one end of a stage to the other. */
export interface Stage {
  duration_s: number
  from_per_s: number
  to_per_s: number
}

export interface ProfileParameters {
  /** Arrivals per second in the steady state. */
  rate_per_s: number
  /** Length of the watched part, which follows the warm-up. */
  duration_s: number
}

/** Up to the rate in the course of the warm-up, and then held. */
export const heldAfter =
  (warm_up_s: number) =>
  ({ rate_per_s, duration_s }: ProfileParameters): Stage[] => [
    { duration_s: warm_up_s, from_per_s: 0, to_per_s: rate_per_s },
    { duration_s, from_per_s: rate_per_s, to_per_s: rate_per_s },
  ]

export interface Profile {
  readonly name: string
  readonly title: string
  /** Time at the start in which connections open and code gets warm: nothing is judged in it. */
  readonly warm_up_s: number
  stages(parameters: ProfileParameters): Stage[]
}
