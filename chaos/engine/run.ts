import type { Clock } from '#lib/clock.ts'
import type { RecordWriter } from '#reports/record/writer.ts'
import type { ObservationLine, RunFile } from '#reports/record/format.ts'
import type { LiveWindows } from '../probes/windows.ts'
import type { RunningSystem } from '../targets/target.ts'
import type { Catalogue } from './catalogue.ts'
import type { Load, StartLoad } from './load.ts'
import type { Plan } from './plan.ts'
import type { Progress } from './progress.ts'

export type Sample = Extract<ObservationLine, { kind: 'sample' }>

/** What the engine gets from outside. */
export interface RunPorts {
  clock: Clock
  startLoad: StartLoad
  progress: Progress
  /** Aborted by Ctrl-C: the trials end, everything is undone, and what came so far is read, to be judged. */
  signal: AbortSignal
  /** Aborted by a second one: everything is undone, nothing more is read. */
  at_once?: AbortSignal
  /** Length of the windows in which operations are counted, and of a sample; 1000 unless a test is in a hurry. */
  window_ms?: number
}

/** One run while it goes on: what the steps share. */
export interface Run {
  readonly plan: Plan
  readonly catalogue: Catalogue
  readonly record: RecordWriter
  readonly ports: RunPorts
  readonly windows: LiveWindows
  /** Everything that was acquired, to be given back in the opposite order. */
  readonly acquired: AsyncDisposableStack
  /** Ends the trials early, with its reason; what follows them (settle, dump) still happens. */
  readonly halt: AbortController
  /** Aborted by either. */
  readonly signal: AbortSignal
  system?: RunningSystem
  load?: Load
  /** The last sample that was taken. */
  sample?: Sample
  /** Steps that happen once, in their turn or when the run unwinds. */
  readonly done: Set<'stop-load' | 'dump' | 'down' | 'residue'>
  /** What faults had left in the system when it was asked, just before its end. */
  readonly residue: string[]
  /** What could not be undone, one sentence each. */
  readonly not_undone: string[]
}

/** A stop condition of the experiment came true. */
export class Stopped extends Error {}

/** How a run ended. `error`: why it was not completed; `loaded`: clients were served, so there is something to judge. */
export interface Finished {
  folder: string
  outcome: NonNullable<RunFile['outcome']>
  error: unknown
  loaded: boolean
  /** The final state was read. */
  read: boolean
  not_undone: string[]
}

export function systemOf({ system }: Run): RunningSystem {
  if (system === undefined) throw new Error('this step needs a running system')
  return system
}

export function loadOf({ load }: Run): Load {
  if (load === undefined) throw new Error('this step needs a running load')
  return load
}

/** Notes are for people: during clean-up one that cannot be written must not keep the rest from being done. */
export function noteAnyway({ record }: Run, code: string, text: string): void {
  try {
    record.journal({ kind: 'note', code, text })
  } catch {
    // The line that needs the disk next reports it.
  }
}

/** What the steps after the trials listen to: a first Ctrl-C ends the trials, not them. */
export const tidySignal = ({ ports }: Run): AbortSignal => ports.at_once ?? neverAborted
const neverAborted = new AbortController().signal

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
