import { Type, type Static } from 'typebox'

// An experiment is data. `npm run chaos -- NAME` takes one of the registry, `npm run chaos -- ./mine.json` one of yours.
const strict = { additionalProperties: false } as const
const positive = { exclusiveMinimum: 0 }

export const faultUse = Type.Object(
  {
    fault: Type.String({ description: 'name of a fault, as in `npm run chaos -- list`' }),
    parameters: Type.Record(Type.String(), Type.Unknown(), { default: {} }),
    hold_s: Type.Number({ minimum: 0, maximum: 600, default: 0, description: 'time between effective and revert' }),
  },
  strict,
)

export const experiment = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9-]*$', maxLength: 60 }),
    title: Type.String({ maxLength: 120 }),
    description: Type.String({ maxLength: 1000 }),
    load: Type.Object(
      {
        journey: Type.String(),
        profile: Type.String(),
        rate_per_s: Type.Number({ ...positive, maximum: 2000, description: 'arrivals per second in the steady state' }),
        players: Type.Integer({ minimum: 1, maximum: 2000, default: 60 }),
        duration_s: Type.Optional(
          Type.Number({ ...positive, maximum: 3600, description: 'without faults: length of the watched part' }),
        ),
      },
      strict,
    ),
    steady_state: Type.Object(
      {
        success_rate_min: Type.Number({ minimum: 0, maximum: 1 }),
        p99_ms_max: Type.Number(positive),
        for_s: Type.Number(positive),
        limit_s: Type.Number(positive),
      },
      strict,
    ),
    trials: Type.Integer({ minimum: 1, maximum: 100, default: 1 }),
    /** Injected in this order in each trial, reverted in the opposite order. None: the load itself is the experiment. */
    faults: Type.Array(faultUse, { maxItems: 10 }),
    /** After the last revert each trial waits for `good_s` of windows within the SLO, `limit_s` at most. */
    recovery: Type.Object({ good_s: Type.Number(positive), limit_s: Type.Number(positive) }, strict),
    /** Ends the experiment early, everything reverted: share of failed operations over the last 10 s. */
    stop: Type.Object(
      { failed_share_max: Type.Number({ minimum: 0, maximum: 1 }), for_s: Type.Number(positive) },
      strict,
    ),
    expectations: Type.Object(
      {
        consistent: Type.Boolean({ default: true }),
        recovery_s_max: Type.Optional(Type.Number(positive)),
        failed_share_max: Type.Optional(
          Type.Number({ minimum: 0, maximum: 1, description: 'of all operations of the run' }),
        ),
        slo_violation_s_max: Type.Optional(Type.Number({ minimum: 0 })),
        scales_out: Type.Optional(
          Type.Array(Type.Object({ service: Type.String(), replicas_min: Type.Integer({ minimum: 2 }) }, strict)),
        ),
        reaction_lag_s_max: Type.Optional(Type.Number(positive)),
      },
      strict,
    ),
  },
  strict,
)

export type Experiment = Static<typeof experiment>
export type FaultUse = Static<typeof faultUse>
