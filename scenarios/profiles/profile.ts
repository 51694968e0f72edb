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

export interface Profile {
  readonly name: string
  readonly title: string
  /** Time at the start in which connections open and code gets warm: nothing is judged in it. */
  readonly warm_up_s: number
  stages(parameters: ProfileParameters): Stage[]
}
