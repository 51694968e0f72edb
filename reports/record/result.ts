import { Type, type Static } from 'typebox'

// result.json. Its top-level keys are a promise to others. `_s` are seconds, relative to the start of the load (t = 0) for
// points in time; recovery times are relative to the moment the fault was effective.
const text = Type.String()
const number = Type.Number()
const maybe = Type.Union([Type.Number(), Type.Null()])
const verdictState = Type.Enum(['PASS', 'FAIL', 'INCONCLUSIVE'])
// NOT_EXERCISED: nothing was wrong, and nothing that the check is for was ever at risk.
const checkState = Type.Enum(['PASS', 'FAIL', 'INCONCLUSIVE', 'NOT_EXERCISED'])

export const recoveryPhase = Type.Object({
  name: text, // detect, elect, schedule, start, ready, routed, slo
  subject: text, // wallet-a-1, postgres, clients
  start_s: number, // after effective
  end_s: number,
})
export const recoveryTrial = Type.Object({
  trial: Type.Integer(),
  fault: text,
  targets: Type.Array(text),
  effective_at_s: number, // t on the time axis of the run
  reverted_at_s: maybe,
  ended_at_s: number,
  impact_start_s: maybe, // null: no window missed the SLO
  detected_s: maybe,
  /** Start of the good stretch that lasts to the end of the trial; 0 without impact; null when censored. */
  recovered_s: maybe,
  censored: Type.Boolean(),
  watched_s: number,
  phases: Type.Array(recoveryPhase),
  unavailable_s: number,
  failed_operations: Type.Integer(),
  error_budget_burnt: number, // share of the run's budget, 1 = all of it
})
export const elasticityService = Type.Object({
  service: text,
  region: text,
  /** [t_s, demanded replicas, supplied (ready) replicas] */
  series: Type.Array(Type.Tuple([number, number, number])),
  under_provisioning_accuracy: number, // SPEC RG: mean missing share of demand
  over_provisioning_accuracy: number,
  under_provisioning_timeshare: number,
  over_provisioning_timeshare: number,
  instability: number, // share of time in which supply and demand do not move in the same direction
  reaction_lag_s: maybe, // from a rise of demand to enough ready replicas, the longest; null: no rise was answered
  unanswered_s: maybe, // demand stood so long above the ready replicas until it fell, or the run ended; null: never
  replica_seconds: number,
  replicas_min: Type.Integer(),
  replicas_max: Type.Integer(),
})
export const violation = Type.Object({
  kind: text, // name of the check
  witness: Type.Object({
    text, // one sentence that names the operation
    operations: Type.Array(Type.Unknown()), // history lines
    entries: Type.Array(Type.Unknown()), // state lines
    fault: Type.Union([text, Type.Null()]), // active at that time
  }),
  /** Of the operations of the witness that were sampled: in traces.jsonl, and at a collector. */
  trace_ids: Type.Optional(Type.Array(text)),
})
export const tracedSpan = Type.Object({
  service: text,
  instance: text,
  name: text,
  depth: Type.Integer(), // 0: the client
  start_ms: number, // after the start of the operation
  duration_ms: number,
  error: Type.Union([text, Type.Null()]),
})
export const tracedOperation = Type.Object({
  operation_id: text,
  kind: text,
  trace_id: text,
  fault: Type.Union([text, Type.Null()]), // active then
  at_s: number,
  duration_ms: number,
  spans: Type.Array(tracedSpan),
  left_out: Type.Integer(), // spans beyond those that are shown
  afterwards: Type.Integer(), // spans that began after the answer
})
export const latencyFigures = Type.Object({
  count: Type.Integer(),
  mean_ms: number,
  p50_ms: number,
  p95_ms: number,
  p99_ms: number,
  max_ms: number,
})

export const resultFile = Type.Object({
  schema: Type.Literal(1),
  run: Type.Object({
    id: text,
    experiment: text,
    title: text,
    target: text,
    design: text,
    seed: text,
    started_at: text, // ISO 8601
    duration_s: number,
    trials: Type.Integer(),
    versions: Type.Record(text, text),
    machine: Type.Record(text, Type.Union([text, number])),
    settings: Type.Record(text, Type.Union([text, number])),
  }),
  verdict: Type.Object({
    system: verdictState,
    harness: verdictState,
    cleanup: verdictState,
    /** What happened, in one sentence: first of all in every report. */
    sentence: text,
    reasons: Type.Array(Type.Object({ about: Type.Enum(['system', 'harness', 'cleanup']), code: text, text })),
    /** Every expectation of the experiment, with what was measured. */
    expectations: Type.Array(Type.Object({ name: text, limit: text, measured: text, state: verdictState })),
  }),
  recovery: Type.Object({
    slo: Type.Object({ success_rate: number, p99_ms: number }),
    window_ms: number,
    trials: Type.Array(recoveryTrial),
    /** Distribution-free interval [min, max] of the median: confidence = 1 − 2^(1−n). Censored trials count as longer than all. */
    summary: Type.Object({ trials: Type.Integer(), median_s: maybe, low_s: maybe, high_s: maybe, confidence: number }),
  }),
  elasticity: Type.Object({
    demand: text, // how demand was derived
    services: Type.Array(elasticityService),
    decisions: Type.Array(
      Type.Object({
        t_s: number,
        service: text,
        region: text,
        from: Type.Integer(),
        to: Type.Integer(),
        signal: text,
        value: number,
        target: number,
      }),
    ),
    slo_violation_s: number,
  }),
  consistency: Type.Object({
    operations: Type.Integer(),
    checks: Type.Array(
      Type.Object({
        name: text,
        title: text,
        examined: Type.Integer(),
        state: checkState,
        violations: Type.Integer(),
        /** How often each danger was met; empty where the check could not be made, absent in results of before it was counted. */
        exercised: Type.Optional(Type.Record(text, Type.Integer())),
        note: text,
      }),
    ),
    violations: Type.Array(violation), // the first few of each check
  }),
  latency: Type.Object({
    overall: latencyFigures, // successful operations, from planned start
    by_kind: Type.Record(text, latencyFigures),
    windows: Type.Array(
      Type.Object({
        t_s: number,
        operations: Type.Integer(),
        failed: Type.Integer(),
        dropped: Type.Integer(),
        p50_ms: maybe,
        p99_ms: maybe,
        good: Type.Boolean(),
      }),
    ),
  }),
  generator: Type.Object({
    planned: Type.Integer(),
    started: Type.Integer(),
    dropped: Type.Integer(),
    late_p99_ms: number, // real start after planned start
    state: verdictState,
    note: text,
  }),
  cleanup: Type.Object({
    faults: Type.Integer(),
    reverted: Type.Integer(),
    residue: Type.Array(text),
    state: verdictState,
  }),
  /** Of a run with traces: the slowest sampled operations while the fault was at work. */
  traces: Type.Optional(
    Type.Object({ operations: Type.Integer(), spans: Type.Integer(), slowest: Type.Array(tracedOperation) }),
  ),
  cost: Type.Object({
    replica_seconds: number,
    cpu_seconds_by_service: Type.Record(text, number),
    cpu_ms_per_operation: maybe,
  }),
})

export type VerdictState = Static<typeof verdictState>
export type CheckState = Static<typeof checkState>
export type ResultFile = Static<typeof resultFile>
export type RecoveryTrial = Static<typeof recoveryTrial>
export type RecoveryPhase = Static<typeof recoveryPhase>
export type ElasticityService = Static<typeof elasticityService>
export type Violation = Static<typeof violation>
export type TracedOperation = Static<typeof tracedOperation>
export type TracedSpan = Static<typeof tracedSpan>
export type LatencyFigures = Static<typeof latencyFigures>
