import type { Span } from '#sut/contracts/tracing.ts'
import { rootsOf } from '../measure/traces.ts'
import type { HistoryLine } from '../record/format.ts'
import { noteOf, phaseOf, type RunRecord } from '../record/record.ts'
import type { ResultFile, Violation } from '../record/result.ts'
import type { Check } from './check.ts'
import { evidenceOf } from './evidence.ts'
import { checks as allChecks } from './registry.ts'

const shown_max = 5

/** Runs every check. One that lacks what it needs is INCONCLUSIVE and says why; its violations, if any, count all the same. */
export function runChecks(record: RunRecord, checks: readonly Check[] = allChecks): ResultFile['consistency'] {
  const evidence = evidenceOf(record)
  const lacking = lackingOf(record)
  const roots = rootsOf(record.spans)
  const result: ResultFile['consistency'] = { operations: evidence.operations.length, checks: [], violations: [] }
  for (const check of checks) {
    const missing = check.needs.map((need) => lacking[need]).find((text) => text !== null)
    const outcome = missing === undefined ? check.run(record, evidence) : { examined: 0, total: 0, violations: [] }
    const state = missing !== undefined ? 'INCONCLUSIVE' : outcome.total > 0 ? 'FAIL' : 'PASS'
    const note = missing ?? (outcome.examined === 0 ? 'nothing to look at in this run' : '')
    const { name, title } = check
    result.checks.push({ name, title, examined: outcome.examined, state, violations: outcome.total, note })
    result.violations.push(...outcome.violations.slice(0, shown_max).map((each) => withTraces(each, roots)))
  }
  return result
}

/** Names the traces of the operations of the witness, where these were sampled. */
function withTraces(violation: Violation, roots: ReadonlyMap<string, Span>): Violation {
  const ids = violation.witness.operations.map((line) => (line as Partial<HistoryLine>).operation_id ?? '')
  const trace_ids = [...new Set(ids.flatMap((id) => roots.get(id)?.trace_id ?? []))]
  return trace_ids.length === 0 ? violation : { ...violation, trace_ids }
}

/** Why a need is not met, or null. A half-written dump would look like lost money. */
function lackingOf({
  journal,
  missing,
  torn,
  history,
  state,
}: RunRecord): Record<Check['needs'][number], string | null> {
  const damaged = (file: string): string | null =>
    missing.includes(file) ? `${file} is missing` : torn.includes(file) ? `the end of ${file} is missing` : null
  const hasHistory = history.length === 0 ? 'the history is empty' : null
  const dumped = phaseOf(journal, 'dump').end_ms === undefined ? 'the final state was not read to its end' : null
  const empty = Object.values(state).every((lines) => lines.length === 0) ? 'the final state is empty' : null
  const settle =
    phaseOf(journal, 'settle').end_ms === undefined ? 'the run ended before the system could come to rest' : null
  // What still moves is not lost: that it does is the violation of the check `settled`.
  const moving = noteOf(journal, 'not-settled')
  return {
    history: damaged('history.jsonl') ?? hasHistory,
    state: damaged('ledger.jsonl') ?? dumped ?? empty,
    settle,
    rest: settle ?? (moving === undefined ? null : `the system did not come to rest: ${moving}`),
  }
}
