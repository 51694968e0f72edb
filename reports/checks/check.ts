import type { RunRecord } from '../record/record.ts'
import type { Violation } from '../record/result.ts'
import type { Evidence } from './evidence.ts'

// A consistency check is one file with one exported object, and one line in registry.ts: pure, in linear time.
export interface Check {
  readonly name: string
  readonly title: string
  /**
   * What it cannot judge without: the history, the final state, that settling was watched to its end, or that the system came
   * to rest in it. Missing: INCONCLUSIVE.
   */
  readonly needs: readonly ('history' | 'state' | 'settle' | 'rest')[]
  run(record: RunRecord, evidence: Evidence): Outcome
}

export interface Outcome {
  /** Things that were looked at. */
  examined: number
  /** How many of them are wrong. */
  total: number
  /** The first few, with their witnesses. */
  violations: Violation[]
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

/** Counts all violations and keeps the first few: a witness is only made when it is kept. */
export function verdictOf(kind: string): {
  examine(count?: number): void
  violate(witness: () => Witness): void
  outcome(): Outcome
} {
  const found: Outcome = { examined: 0, total: 0, violations: [] }
  const present = (lines: readonly (object | undefined)[] = []): object[] => lines.filter((line) => line !== undefined)
  return {
    examine(count = 1) {
      found.examined += count
    },
    violate(make) {
      found.total++
      if (found.violations.length >= witnesses_max) return
      const { text, operations, entries, fault } = make()
      found.violations.push({
        kind,
        witness: { text, operations: present(operations), entries: present(entries), fault },
      })
    },
    outcome: () => found,
  }
}
