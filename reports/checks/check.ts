import type { RunRecord } from '../record/record.ts'
import type { Violation } from '../record/result.ts'
import { boundedLines, sentence_characters_max, shortened } from './bounded.ts'
import type { Evidence } from './evidence.ts'

/**
 * A situation in which a system can break what a check holds: a check that met none of its dangers has shown nothing, however much it
 * looked at.
 */
export interface Danger {
  /** Words with `_`, as in `overlapping_transfers`; where two checks have one of the same name, it is called `check.danger`. */
  readonly name: string
  /** One sentence: what is counted. */
  readonly what: string
  /** Which actor or fault brings it about. */
  readonly brought_about_by: string
}

// A consistency check is one file with one exported object, and one line in registry.ts: pure, in linear time.
export interface Check {
  readonly name: string
  readonly title: string
  /**
   * What it cannot judge without: the history, the final state, that settling was watched to its end, or that the system came
   * to rest in it. Missing: INCONCLUSIVE.
   */
  readonly needs: readonly ('history' | 'state' | 'settle' | 'rest')[]
  /** What it is for. None met: NOT_EXERCISED, never PASS. */
  readonly dangers: readonly Danger[]
  /** Whether a cent can be missing where it fails: a report says that none was lost only when all of these were exercised. */
  readonly about_money?: true
  run(record: RunRecord, evidence: Evidence): Outcome
}

/** What an experiment can insist on: `danger`, where one check alone has it, and `check.danger`. */
export function dangerNames(checks: readonly Check[]): string[] {
  const all = checks.flatMap(({ name: check, dangers }) => dangers.map(({ name }) => ({ check, name })))
  const byName = Map.groupBy(all, ({ name }) => name)
  const alone = [...byName].flatMap(([name, having]) => (having.length === 1 ? [name] : []))
  return [...alone, ...all.map(({ check, name }) => `${check}.${name}`)]
}

export interface Outcome {
  /** Things that were looked at. */
  examined: number
  /** How many of them are wrong. */
  total: number
  /** The first few, with their witnesses. */
  violations: Violation[]
  /** How often each danger was met, by its name. */
  exercised: Record<string, number>
}

const witnesses_max = 20

/** The parts of a witness; lines that are undefined are left out. */
export interface Witness {
  /** One sentence that names the operation, or the entry, and its key. */
  text: string
  operations?: readonly (object | undefined)[]
  entries?: readonly (object | undefined)[]
  fault: string | null
}

/** Counts dangers and violations, and keeps the first few: a witness is only made when it is kept. */
export function verdictOf(kind: string): {
  examine(count?: number): void
  /** A danger of this check was met. */
  exercise(danger: string, count?: number): void
  violate(witness: () => Witness): void
  outcome(): Outcome
} {
  const found: Outcome = { examined: 0, total: 0, violations: [], exercised: {} }
  return {
    examine(count = 1) {
      found.examined += count
    },
    exercise(danger, count = 1) {
      found.exercised[danger] = (found.exercised[danger] ?? 0) + count
    },
    violate(make) {
      found.total++
      if (found.violations.length >= witnesses_max) return
      const { text, operations, entries, fault } = make()
      const lines = { operations: boundedLines(operations), entries: boundedLines(entries) }
      found.violations.push({ kind, witness: { text: shortened(text, sentence_characters_max), ...lines, fault } })
    },
    outcome: () => found,
  }
}
