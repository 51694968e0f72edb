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

const waived = (what: string) =>
  Type.Optional(Type.String({ minLength: 10, maxLength: 300, description: `why ${what} is no failure here` }))

export const experiment = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9-]*$', maxLength: 60, description: 'what is typed to run it' }),
    title: Type.String({ maxLength: 120, description: 'one line, for lists and the head of the report' }),
    description: Type.String({ maxLength: 1000, description: 'what is tried, and why somebody wants to know' }),
    load: Type.Object(
      {
        mix: Type.Optional(
          Type.Record(Type.String(), Type.Number({ minimum: 0, maximum: 1 }), {
            description:
              'who plays: journeys of `npm run chaos -- list` with their shares, which sum to 1; without it the bundled mix',
          }),
        ),
        journey: Type.Optional(Type.String({ description: 'one journey for all players, instead of a mix' })),
        profile: Type.String({ description: 'how many arrive when, a name as in `npm run chaos -- list`' }),
        rate_per_s: Type.Number({ ...positive, maximum: 2000, description: 'arrivals per second in the steady state' }),
        players: Type.Integer({
          minimum: 1,
          maximum: 2000,
          default: 60,
          description: 'accounts that the arrivals are dealt to',
        }),
        duration_s: Type.Optional(
          Type.Number({ ...positive, maximum: 3600, description: 'without faults: length of the watched part' }),
        ),
      },
      strict,
    ),
    autoscaling: Type.Optional(
      Type.Boolean({ description: 'false: every service keeps the replicas that it starts with' }),
    ),
    steady_state: Type.Object(
      {
        success_rate_min: Type.Number({ minimum: 0, maximum: 1, description: 'share of operations that must succeed' }),
        p99_ms_max: Type.Number({ ...positive, description: 'from the planned start of an operation' }),
        for_s: Type.Number({ ...positive, description: 'how long both must have held before the first trial' }),
        limit_s: Type.Number({ ...positive, description: 'after this long without it the run is inconclusive' }),
      },
      strict,
    ),
    trials: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 1,
      description: 'how often all faults are injected; one is no MTTR',
    }),
    faults: Type.Array(faultUse, {
      maxItems: 10,
      description:
        'injected in this order in each trial, reverted in the opposite order; none: the load itself is the experiment',
    }),
    recovery: Type.Object(
      {
        good_s: Type.Number({
          ...positive,
          description: 'a trial is over when the SLO has held for this long after the last revert',
        }),
        limit_s: Type.Number({ ...positive, description: 'a trial that takes longer is censored: it did not recover' }),
      },
      strict,
    ),
    /** Ends the experiment early, everything reverted. */
    stop: Type.Object(
      {
        failed_share_max: Type.Number({
          minimum: 0,
          exclusiveMaximum: 1,
          description:
            'of the operations of the last 10 s; all of them when nothing ends any more though players ask. Less than 1: all is never more than all',
        }),
        for_s: Type.Number({
          ...positive,
          description: 'above it for this long: everything is reverted, the run ends',
        }),
      },
      strict,
    ),
    expectations: Type.Object(
      {
        consistent: Type.Boolean({
          default: true,
          description: 'no violation of consistency; false needs a reason in `waives`',
        }),
        waives: Type.Optional(
          Type.Object(
            { consistent: waived('violations'), recovers: waived('not recovering'), whole: waived('lacking replicas') },
            {
              ...strict,
              description:
                'what is expected of every experiment, and not of this one, each with the reason in words: the report shows it',
            },
          ),
        ),
        recovery_s_max: Type.Optional(
          Type.Number({
            ...positive,
            description: 'longest time to recover of all trials; without it: every trial recovers within its limit',
          }),
        ),
        failed_share_max: Type.Optional(
          Type.Number({ minimum: 0, maximum: 1, description: 'of all operations of the run' }),
        ),
        slo_violation_s_max: Type.Optional(
          Type.Number({ minimum: 0, description: 'seconds in which the SLO was not met' }),
        ),
        scales_out: Type.Optional(
          Type.Array(Type.Object({ service: Type.String(), replicas_min: Type.Integer({ minimum: 2 }) }, strict), {
            description: 'services that must reach so many replicas',
          }),
        ),
        reaction_lag_s_max: Type.Optional(
          Type.Number({ ...positive, description: 'from risen demand to enough replicas' }),
        ),
        exercised: Type.Optional(
          Type.Record(Type.String(), Type.Integer({ minimum: 1 }), {
            description:
              'dangers that must have been met at least so often, by name, `danger` or `check.danger` as in the reference: met less often, the run is inconclusive',
          }),
        ),
      },
      strict,
    ),
  },
  strict,
)

export type Experiment = Static<typeof experiment>
export type FaultUse = Static<typeof faultUse>
