// Every error that a person can meet has a code, a text and a hint; the reference is generated from this registry.
// `exit` is the exit code of the command: 1 the system failed, 2 wrong usage or configuration, 3 inconclusive, 4 not undone.
export const failures = {
  USAGE: { exit: 2, hint: 'npm run chaos -- --help shows all commands and options' },
  UNKNOWN_EXPERIMENT: { exit: 2, hint: 'npm run chaos -- list shows all experiments' },
  UNKNOWN_DESIGN: { exit: 2, hint: 'npm run chaos -- list shows all designs' },
  EXPERIMENT_INVALID: { exit: 2, hint: 'docs/reference/experiment.md describes every field' },
  NOT_SUPPORTED_BY_TARGET: { exit: 2, hint: 'npm run chaos -- list shows what each target can do' },
  UNKNOWN_FAULT: { exit: 2, hint: 'npm run chaos -- list shows all faults and their parameters' },
  FAULT_PARAMETERS_INVALID: { exit: 2, hint: 'npm run chaos -- list shows the parameters of each fault' },
  FAULT_NOT_EFFECTIVE: { exit: 3, hint: 'the fault was reverted; its journal and the logs say what was tried' },
  FAULT_STOPPED_BITING: {
    exit: 3,
    hint: 'something undid the fault while it was held, or kept it from being seen; the journal says what was seen when',
  },
  NO_FAULT_TARGET: { exit: 3, hint: 'no ready instance or proxied link fits the parameters of the fault' },
  STEADY_STATE_MISSED: { exit: 3, hint: 'no fault was injected; is the machine busy, or the load too high for it?' },
  LOAD_FAILED: { exit: 3, hint: 'the log of the load generator is in the folder of the run' },
  ABORTED: { exit: 3, hint: 'everything was ended; the record is kept' },
  NOT_UNDONE: { exit: 4, hint: 'npm run chaos -- recover tries again and says what it finds' },
  OUTPUT_NOT_WRITABLE: { exit: 2, hint: '--out DIR names another folder' },
  RUN_NOT_FOUND: { exit: 2, hint: 'name the folder of a run, such as reports/runs/2026-…' },
  RECORD_INVALID: {
    exit: 2,
    hint: 'the file and its line are named; docs/guides/read-the-report.md says what belongs there',
  },
  RUN_INCOMPLETE: { exit: 3, hint: 'the run did not get far enough to be judged; journal.jsonl says how far it got' },
  SYSTEM_NOT_FOUND: { exit: 2, hint: 'npm run chaos -- up starts a system, npm run chaos -- status lists them' },
  TARGET_UNAVAILABLE: {
    exit: 2,
    hint: 'npm run chaos -- list shows the targets; npm run chaos -- doctor what they need',
  },
  TOOL_MISSING: { exit: 2, hint: 'npm run chaos -- doctor shows what was found where' },
  CONFIG_INVALID: { exit: 2, hint: 'sut/platform/config.ts describes every field of a service configuration' },
  DISK_FULL: { exit: 2, hint: 'free some space, or set SLOT_CHAOS_CACHE to a folder on a larger disk' },
  PORT_TAKEN: { exit: 2, hint: 'end what listens there, or name another block of ports with --ports-from' },
  SYSTEM_START_FAILED: { exit: 3, hint: 'nothing of it is left; the end of the log that matters is above' },
  LEASE_EXPIRED: {
    exit: 3,
    hint: 'the harness was stopped or asleep for longer than its lease, so what it held was reverted: run it again',
  },
  SYSTEM_LOST: { exit: 3, hint: 'npm run chaos -- recover ends what is left of it' },
  SYSTEM_ERROR: {
    exit: 3,
    hint: 'the message is what the system said; npm run chaos -- recover ends what is left of it',
  },
  STATE_UNREADABLE: {
    exit: 3,
    hint: 'the run cannot be judged; its observations.jsonl says which instances were ready',
  },
  UNKNOWN_LINK: { exit: 2, hint: 'a link is a service and something it calls, as in sut/descriptor.ts' },
  UNKNOWN_INSTANCE: { exit: 2, hint: 'npm run chaos -- status shows the instances' },
  STATE_FOLDER: { exit: 2, hint: 'set SLOT_CHAOS_STATE to a folder with a short path that is yours alone' },
  ENGINE_MISSING: {
    exit: 2,
    hint: 'start Docker, or let the harness run an engine of its own with --sandbox (root on Linux); kind-cluster/offline/install-engine.sh installs one on Debian',
  },
  ENGINE_TOO_OLD: {
    exit: 2,
    hint: 'kind-cluster/offline/install-engine.sh installs a newer one on Debian; elsewhere update Docker',
  },
  ENGINE_START_FAILED: { exit: 3, hint: 'nothing of it is left; the end of its log is above' },
  SANDBOX_NEEDS_ROOT: { exit: 2, hint: 'run it with sudo, or start Docker and leave --sandbox out' },
  CLUSTER_FOREIGN: { exit: 2, hint: 'kind get clusters lists what there is; rename or delete that one yourself' },
  CLUSTER_START_FAILED: { exit: 3, hint: 'nothing of it is left; the end of the log is above' },
  IMAGE_FAILED: {
    exit: 3,
    hint: 'the end of the log is above; what was built before is kept, and the next try goes on from there',
  },
  CONTEXT_UNKNOWN: { exit: 2, hint: 'kubectl config get-contexts lists them; --context NAME chooses one' },
  CONTEXT_REFUSED: {
    exit: 2,
    hint: 'chaos is for clusters that may break: SLOT_CHAOS_DENY_CONTEXTS lists patterns of those that may not',
  },
  CONTEXT_UNCONFIRMED: { exit: 2, hint: '--yes confirms it where nobody can be asked' },
  CLUSTER_UNREACHABLE: { exit: 2, hint: 'kubectl cluster-info says whether the cluster answers at all' },
  CLUSTER_FORBIDDEN: { exit: 2, hint: 'the rights that the harness needs are listed above' },
  SYSTEM_EXISTS: { exit: 2, hint: 'npm run chaos -- down ends it; npm run chaos -- status shows it' },
} as const satisfies Record<string, { exit: 1 | 2 | 3 | 4; hint: string }>

export type FailureCode = keyof typeof failures

/** An operating error: answered with a code and a hint, never with a stack trace. */
export class Failure extends Error {
  readonly code: FailureCode
  readonly hint: string
  readonly exit: 1 | 2 | 3 | 4

  constructor(code: FailureCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Failure'
    this.code = code
    this.hint = options.hint ?? failures[code].hint
    this.exit = failures[code].exit
  }
}

/** The text of anything that was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
