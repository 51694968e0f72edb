import type { LiveOperation } from '../probes/windows.ts'

// What the engine needs of a load generator; scenarios/ provides it, the commands put it in.
export interface LoadRequest {
  /** Folder of the record: requests.csv and history.jsonl go there. */
  folder: string
  /** Journey → share of the players. */
  mix: Readonly<Record<string, number>>
  profile: string
  rate_per_s: number
  players: number
  /** Length after the warm-up. */
  duration_s: number
  seed: string
  gateways: readonly { region: string; url: string }[]
  authority_file: string
  /** Names and passwords of the system's staff. */
  accounts_file: string
  /** The key with which its traces are recorded. */
  trace_key_file: string
  /** Called for each operation when it has ended; must not throw. */
  operation: (operation: LiveOperation) => void
  /** The process of the generator, as soon as there is one: it must not outlive the harness. */
  guard: (pid: number) => Promise<void>
  progress: (text: string) => void
  signal: AbortSignal
}

export interface Load extends AsyncDisposable {
  readonly schedule: { duration_s: number; from_per_s: number; to_per_s: number }[]
  /** Time of the first arrivals in which connections open and code gets warm. */
  readonly warm_up_s: number
  /** When the first arrival is planned, wall clock. */
  readonly started_at_ms: number
  /** Settles when the generator ends: resolved at the end of the schedule or after `stop`, else rejected with LOAD_FAILED. */
  readonly ended: Promise<void>
  /** Ends the arrivals, waits for running operations, and brings requests.csv and history.jsonl into their final form. */
  stop(): Promise<void>
}

/** Resolves when the first operations are under way. */
export type StartLoad = (request: LoadRequest) => Promise<Load>
