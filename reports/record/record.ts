import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import type { Span } from '#sut/contracts/tracing.ts'
import type { StateLine, StateOf } from '#sut/contracts/state.ts'
import type { JudgedExperiment } from './experiment.ts'
import type { HistoryLine, JournalLine, ObservationLine, RunFile } from './format.ts'
import type { ClientOperation, Refused } from './operations.ts'

/** A run record in memory: what every measurement and check is a function of. */
export interface RunRecord {
  run: RunFile
  experiment: JudgedExperiment
  system: SystemDescriptor
  journal: JournalLine[]
  /** The lines of requests.csv from the first arrival on, one operation each, ordered by planned start. */
  operations: ClientOperation[]
  /** All that arrived, whether they count or not; dropped ones, too. */
  arrivals: number
  /** Of every operation, by its id: the answers that were none. */
  refusals: ReadonlyMap<string, readonly Refused[]>
  history: HistoryLine[]
  observations: ObservationLine[]
  state: State
  /** traces.jsonl; none when nothing was sampled. */
  spans: Span[]
  /** Files that are not there or empty. */
  missing: string[]
  /** Files that were cut short: their last line is torn (it is left out), or they lack their trailer. */
  torn: string[]
  /** Files that are not what was written: their trailer does not fit. */
  changed: string[]
}

/** ledger.jsonl by kind of line. */
export type State = { [Kind in StateLine['kind']]: StateOf<Kind>[] }

export const emptyState = (): State => ({
  account: [],
  transfer: [],
  entry: [],
  hold: [],
  outbox: [],
  round: [],
  game: [],
  log: [],
  delivery: [],
  player_model: [],
  game_model: [],
  audit: [],
  audit_head: [],
  planted: [],
})

export function addState<Kind extends StateLine['kind']>(state: State, line: StateOf<Kind>): void {
  const lines = state[line.kind] as StateLine[]
  lines.push(line)
}

type FaultLine = Extract<JournalLine, { kind: 'fault' }>

/** All steps of one injected fault, in the order of the journal. */
export interface Injection {
  id: string
  trial: number
  fault: string
  targets: string[]
  at_ms: Partial<Record<FaultLine['state'], number>>
  evidence: string | undefined
  /** Why it did not bite any more, or could not be seen to, while it was held. */
  lost?: string
}

/** The faults of the journal, in the order in which they were planned. */
export function injectionsOf(journal: readonly JournalLine[]): Injection[] {
  const injections = new Map<string, Injection>()
  for (const line of journal) {
    if (line.kind !== 'fault') continue
    const { id, trial, fault, targets } = line
    const injection = injections.get(id) ?? { id, trial, fault, targets, at_ms: {}, evidence: undefined }
    injections.set(id, injection)
    if (targets.length > 0) injection.targets = targets
    injection.at_ms[line.state] ??= line.at_ms
    if (line.state === 'effective') injection.evidence = line.evidence
    if (line.state === 'lost') injection.lost ??= line.evidence ?? 'it was not seen to bite any more'
  }
  return [...injections.values()]
}

/** Begin and end of the first phase of that name; undefined where the journal has no such line. */
export function phaseOf(journal: readonly JournalLine[], phase: string): { begin_ms?: number; end_ms?: number } {
  const found: { begin_ms?: number; end_ms?: number } = {}
  for (const line of journal) {
    if (line.kind !== 'phase' || line.phase !== phase) continue
    if (line.state === 'begin') found.begin_ms ??= line.at_ms
    else found.end_ms ??= line.at_ms
  }
  return found
}

/** Whether the journal has a note of that code, however it is written (not-settled, NOT_SETTLED). */
export const noteOf = (journal: readonly JournalLine[], code: string): string | undefined => notesOf(journal, code)[0]

export function notesOf(journal: readonly JournalLine[], code: string): string[] {
  const wanted = normal(code)
  return journal.flatMap((line) => (line.kind === 'note' && normal(line.code) === wanted ? [line.text] : []))
}

const normal = (code: string): string => code.toLowerCase().replaceAll('_', '-')

/** t = 0 of all times in the result: the first planned arrival, or the begin of the load when there was none. */
export function originOf(record: RunRecord): number {
  const load_ms = phaseOf(record.journal, 'load').begin_ms ?? record.run.started_at_ms
  return record.operations[0]?.planned_ms ?? load_ms
}
