import type { Experiment } from './experiment.ts'

/** Of experiments without a fault: the load is watched for a while, and must be served as if nothing were the matter. */
export const undisturbed = {
  steady_state: { success_rate_min: 0.99, p99_ms_max: 500, for_s: 5, limit_s: 30 },
  trials: 1,
  faults: [],
  recovery: { good_s: 5, limit_s: 30 },
  stop: { failed_share_max: 0.6, for_s: 20 },
} satisfies Partial<Experiment>

/** Whoever is honest is served, whatever the others try. */
export const servedAllTheTime = { failed_share_max: 0.01, slo_violation_s_max: 3 } as const
