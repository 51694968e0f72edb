import assert from 'node:assert/strict'
import type { Span } from '#sut/contracts/tracing.ts'
import { rootsOf } from '../measure/traces.ts'
import type { HistoryLine } from '../record/format.ts'
import { noteOf, phaseOf, type RunRecord } from '../record/record.ts'
import type { CheckState, ResultFile, Violation } from '../record/result.ts'
import type { Check, Outcome } from './check.ts'
import { evidenceOf } from './evidence.ts'
import { checks as allChecks } from './registry.ts'

const shown_max = 5

/** Runs every check. One that lacks what it needs is INCONCLUSIVE and says why; one that met no danger is NOT_EXERCISED. */
export function runChecks(record: RunRecord, checks: readonly Check[] = allChecks): ResultFile['consistency'] {
  const evidence = evidenceOf(record)
  const lacking = lackingOf(record)
  const roots = rootsOf(record.spans)
  const result: ResultFile['consistency'] = { operations: evidence.operations.length, checks: [], violations: [] }
  for (const check of checks) {
    const missing = check.needs.map((need) => lacking[need]).find((text) => text !== null)
    const outcome = missing === undefined ? check.run(record, evidence) : notMade
    const exercised = missing === undefined ? countsOf(check, outcome) : {}
    const state = missing === undefined ? stateOf(outcome, exercised) : 'INCONCLUSIVE'
    const note = missing ?? (state === 'NOT_EXERCISED' ? whyNot(check, outcome) : '')
    const { name, title } = check
    result.checks.push({ name, title, examined: outcome.examined, state, violations: outcome.total, exercised, note })
    result.violations.push(...outcome.violations.slice(0, shown_max).map((each) => withTraces(each, roots)))
  }
  return result
}

const notMade: Outcome = { examined: 0, total: 0, violations: [], exercised: {} }

/** Every danger of the check, met or not. */
function countsOf({ name, dangers }: Check, { exercised }: Outcome): Record<string, number> {
  const unknown = Object.keys(exercised).find((danger) => dangers.every((each) => each.name !== danger))
  assert(unknown === undefined, `${name} counts ${unknown}, which is none of its dangers`)
  return Object.fromEntries(dangers.map((danger) => [danger.name, exercised[danger.name] ?? 0]))
}

function stateOf({ examined, total }: Outcome, exercised: Record<string, number>): CheckState {
  if (total > 0) return 'FAIL'
  return examined > 0 && Object.values(exercised).some((count) => count > 0) ? 'PASS' : 'NOT_EXERCISED'
}

const whyNot = ({ dangers }: Check, { examined }: Outcome): string =>
  examined === 0
    ? 'nothing to look at in this run'
    : `nothing was wrong, and nothing was at risk: the run met ${dangers.map(({ name }) => `no ${name}`).join(', ')}`

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
