import { Type, type Static } from 'typebox'
import { span } from '#sut/contracts/tracing.ts'

// The run record: a folder that chaos appends to and reports reads. Files and formats are public; all times are wall clock
// in milliseconds since the epoch, with fractions, unless the name says otherwise. Each file of lines ends with a trailer
// (lib/line-trailer.ts); without it, it was cut short. Schema 1 had none.
export const recordSchema = 2
export const recordFiles = {
  run: 'run.json',
  journal: 'journal.jsonl',
  requests: 'requests.csv',
  history: 'history.jsonl',
  observations: 'observations.jsonl',
  ledger: 'ledger.jsonl',
  traces: 'traces.jsonl',
  result: 'result.json',
  page: 'report.html',
  markdown: 'report.md',
  junit: 'junit.xml',
} as const

const text = Type.String()
const number = Type.Number()
const nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Number>>(schema: T) =>
  Type.Union([schema, Type.Null()])

/** run.json: everything that is known before the run starts; written once, `ended_at_ms` and `outcome` added at its end. */
export const runFile = Type.Object({
  schema: Type.Literal(recordSchema),
  id: text,
  /** The experiment as it was run, after defaults. */
  experiment: Type.Unknown(),
  design: text, // 'standard' or a name from sut/designs
  target: text,
  seed: text,
  system: Type.Unknown(), // SystemDescriptor
  /** The arrival schedule, enough to compute each planned start: see scenarios/profiles. */
  schedule: Type.Array(Type.Object({ duration_s: number, from_per_s: number, to_per_s: number })),
  started_at_ms: number,
  ended_at_ms: Type.Optional(number),
  /** completed; aborted: Ctrl-C or a crash; stopped: a stop condition; failed: the harness could not do its work. */
  outcome: Type.Optional(Type.Object({ state: Type.Enum(['completed', 'aborted', 'stopped', 'failed']), text })),
  versions: Type.Record(text, text),
  machine: Type.Record(text, Type.Union([text, number])),
  /** Time-outs and policies of the target that decide recovery (fail-over ttl, restart back-off, HPA windows …). */
  settings: Type.Record(text, Type.Union([text, number])),
})

/** While it is held it is `proved` again and again; `joined`: it covers more from here on; `lost`: it did not bite any more. */
export const faultStates = [
  'planned',
  'armed',
  'effective',
  'proved',
  'joined',
  'lost',
  'reverting',
  'reverted',
  'failed',
] as const
export const undoAction = Type.Object({ operation: text, arguments: Type.Record(text, Type.Unknown()) })

/** journal.jsonl: what the harness did. `fault` lines are on disk (fsync) before the step they announce. */
export const journalLine = Type.Union([
  Type.Object({
    kind: Type.Literal('phase'),
    at_ms: number,
    monotonic_ms: number,
    phase: text, // up, load, steady-state, trial, settle, dump, down
    trial: Type.Optional(Type.Integer()),
    state: Type.Enum(['begin', 'end']),
  }),
  Type.Object({
    kind: Type.Literal('fault'),
    at_ms: number,
    monotonic_ms: number,
    id: text, // one injection
    trial: Type.Integer(), // 1, 2, 3 …
    fault: text,
    state: Type.Enum(faultStates),
    targets: Type.Array(text), // instances, links or regions
    undo: Type.Optional(Type.Array(undoAction)), // in `planned`; in `joined`, of what joined
    evidence: Type.Optional(text), // in `effective`, `proved`: how it was seen to bite; in `lost`: what was seen
  }),
  Type.Object({ kind: Type.Literal('note'), at_ms: number, monotonic_ms: number, code: text, text }),
  /** End of a trial's watch: recovered, or the limit was reached (censored). */
  Type.Object({
    kind: Type.Literal('trial'),
    at_ms: number,
    monotonic_ms: number,
    trial: Type.Integer(),
    state: Type.Enum(['begin', 'recovered', 'limit']),
  }),
  Type.Object({
    kind: Type.Literal('cleanup'),
    at_ms: number,
    monotonic_ms: number,
    residue: Type.Array(text), // what should be gone and is not: empty is good
  }),
])

/** What the lines of requests.csv begin with that hold no cells: its trailer. */
export const requestComment = '# '

/** requests.csv: one line per HTTP request of a client; a dropped arrival is a line of its own (dropped = 1, no start). */
export const requestColumns = [
  'operation_id',
  'attempt', // 1, 2, 3: retries of one operation carry the same idempotency key
  'kind', // spin, deposit …
  'region', // of the gateway that was asked
  'planned_ms', // of the operation's arrival
  'start_ms',
  'blocked_ms',
  'connecting_ms',
  'tls_ms',
  'sending_ms',
  'waiting_ms',
  'receiving_ms',
  'duration_ms', // everything from start to the last byte
  'status', // HTTP status, 0 when there was no answer
  'error', // k6 error code, or the problem code of the body; may be empty
  'outcome', // of the whole operation: ok, fail, info; the same on each of its lines
  'dropped', // 0 or 1
  'counted', // 1: it counts for the service level; 0: an attack, or what a client gave up by himself; absent before: 1
] as const

/**
 * history.jsonl, ordered by `at_ms`: each operation is invoked, then `ok` (it happened), `fail` (it did not) or `info`
 * (time-out or broken connection: it may have happened, now or later).
 */
export const historyLine = Type.Object({
  operation_id: text,
  type: Type.Enum(['invoke', 'ok', 'fail', 'info']),
  at_ms: number,
  kind: text, // spin, deposit, balance, history, login …
  player_id: text,
  /** Journey of the client. Absent in older records. */
  actor: Type.Optional(text),
  /** The login or refresh whose token this operation used; of a refresh, whose refresh token. */
  login: Type.Optional(text),
  /** Idempotency key of what moves money, as it was sent: several operations can share one. */
  key: Type.Optional(text),
  planned_ms: Type.Optional(number), // on invoke
  /** invoke: the request; ok: the answer; fail and info: {code}. */
  value: Type.Record(text, Type.Unknown()),
})

export const instanceSample = Type.Object({
  instance: text, // wallet-a-1
  service: text,
  region: text,
  state: Type.Enum(['starting', 'ready', 'not-ready', 'back-off', 'stopping', 'stopped']),
  restarts: Type.Integer(),
  cpu_millicores: number,
  resident_bytes: number,
  requests_per_s: number,
  queue_depth: number,
  latency_p95_ms: number,
})

/** observations.jsonl: what was seen of the system; `sample` about once a second, the others as they happen. */
export const observationLine = Type.Union([
  Type.Object({
    kind: Type.Literal('sample'),
    at_ms: number,
    instances: Type.Array(instanceSample),
    stores: Type.Object({
      postgres: Type.Object({
        leader: nullable(text), // region
        standby_state: nullable(text), // streaming, catching-up, down
        replication_lag_bytes: nullable(number),
      }),
      redis: Type.Object({ leader: nullable(text) }),
      nats: Type.Object({ leader: nullable(text), nodes_ready: Type.Integer() }),
    }),
    pending: Type.Record(text, number), // sums over all instances: outbox, rounds_open, events_behind …
    /**
     * CPU since some time before the run, where one machine carries everything: by program (a service, postgres, k6 …), and of all
     * cores as `machine`. Only differences between two samples mean something.
     */
    cpu_ms: Type.Optional(Type.Record(text, number)),
  }),
  Type.Object({
    kind: Type.Literal('event'),
    at_ms: number,
    /** exited, back-off, scheduled, started, ready, routed, stopping, stopped, leader-lost, promoted, standby-streaming … */
    event: text,
    subject: text, // instance, or store such as postgres-a
    service: Type.Optional(text),
    region: Type.Optional(text),
    detail: Type.Optional(text),
  }),
  Type.Object({
    kind: Type.Literal('scaling'),
    at_ms: number,
    service: text,
    region: text,
    from: Type.Integer(),
    to: Type.Integer(),
    signal: text, // the signal that asked for most
    value: number,
    target: number,
  }),
])

/** traces.jsonl: finished spans of the operations that were sampled, in no order; the client's are the roots. Not there when none was. */
export const traceLine = span

export type RunFile = Static<typeof runFile>
export type JournalLine = Static<typeof journalLine>
export type FaultState = (typeof faultStates)[number]
export type UndoAction = Static<typeof undoAction>
export type HistoryLine = Static<typeof historyLine>
export type InstanceSample = Static<typeof instanceSample>
export type ObservationLine = Static<typeof observationLine>
export type RequestRow = Record<(typeof requestColumns)[number], string | number>
