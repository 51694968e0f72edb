import { Type, type Static } from 'typebox'

// What judges need of the experiment in run.json. Fields that they do not use may be anything: old records stay readable
// when experiments learn new words.
const positive = Type.Number({ exclusiveMinimum: 0 })

export const judgedExperiment = Type.Object({
  name: Type.String(),
  title: Type.String(),
  load: Type.Object({ rate_per_s: positive, duration_s: Type.Optional(positive) }),
  trials: Type.Integer({ minimum: 1 }),
  faults: Type.Array(Type.Object({ fault: Type.String(), hold_s: Type.Optional(Type.Number()) })),
  recovery: Type.Optional(Type.Object({ good_s: positive, limit_s: positive })),
  expectations: Type.Object({
    consistent: Type.Optional(Type.Boolean()),
    waives: Type.Optional(
      Type.Object({
        consistent: Type.Optional(Type.String()),
        recovers: Type.Optional(Type.String()),
        whole: Type.Optional(Type.String()),
      }),
    ),
    recovery_s_max: Type.Optional(positive),
    failed_share_max: Type.Optional(Type.Number()),
    slo_violation_s_max: Type.Optional(Type.Number()),
    scales_out: Type.Optional(Type.Array(Type.Object({ service: Type.String(), replicas_min: Type.Integer() }))),
    reaction_lag_s_max: Type.Optional(positive),
    exercised: Type.Optional(Type.Record(Type.String(), Type.Integer({ minimum: 1 }))),
  }),
})

export type JudgedExperiment = Static<typeof judgedExperiment>
