import { count, milliseconds, percent, seconds } from '../../gate/words.ts'
import type { CheckState, ResultFile } from '../../record/result.ts'
import { hypertext, nothing, table, type Markup } from '../markup.ts'

const marks: Record<CheckState, string> = { PASS: '✓', FAIL: '✕', INCONCLUSIVE: '?', NOT_EXERCISED: '–' }

/** A verdict as sign and word: colour alone says nothing to many. */
export const verdictMark = (state: CheckState): Markup =>
  hypertext`<span class="state ${state.toLowerCase().replace('_', '-')}"><span aria-hidden="true">${marks[state]}</span> ${state.replace('_', ' ')}</span>`

export function verdictList(verdict: ResultFile['verdict']): Markup {
  const items = (['system', 'harness', 'cleanup'] as const).map(
    (about) => hypertext`<li><span class="about">${about}</span>${verdictMark(verdict[about])}</li>`,
  )
  return hypertext`<ul class="verdicts" aria-label="Verdicts">${items}</ul>`
}

/** First of all: what happened, in one sentence, and what that means. */
export function summary({ verdict }: ResultFile): Markup {
  return hypertext`<p class="sentence ${verdict.system.toLowerCase()}">${verdict.sentence}</p>
    ${verdictList(verdict)}
    ${reasons(verdict.reasons)}`
}

function reasons(items: ResultFile['verdict']['reasons']): Markup {
  if (items.length === 0) return nothing
  const lines = items.map(({ about, code, text }) => hypertext`<li><b>${about}</b> ${text} <code>${code}</code></li>`)
  return hypertext`<ul class="reasons" aria-label="Reasons">
    ${lines}
  </ul>`
}

/** Six numbers, for those who read two lines. */
export function keyFigures(result: ResultFile): Markup {
  const { recovery, latency, generator, elasticity, consistency } = result
  const failed = latency.windows.reduce((sum, window) => sum + window.failed, 0)
  const violations = consistency.checks.reduce((sum, check) => sum + check.violations, 0)
  const share = generator.planned === 0 ? '' : ` (${percent(failed / generator.planned)})`
  const { trials, median_s } = recovery.summary
  const figures: [string, string][] = [
    ['operations', count(generator.planned)],
    ['failed', `${count(failed)}${share}`],
    ['latency p99', milliseconds(latency.overall.p99_ms)],
    ...(trials > 0 ? [['time to recover', median_s === null ? 'never' : seconds(median_s)] as [string, string]] : []),
    ['outside of the SLO', seconds(elasticity.slo_violation_s)],
    ['violations', count(violations)],
  ]
  return hypertext`<dl class="figures">
    ${figures.map(
      ([name, value]) =>
        hypertext`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}

export function expectations({ verdict }: ResultFile): Markup {
  if (verdict.expectations.length === 0) return hypertext`<p>The experiment expects nothing.</p>`
  const rows = verdict.expectations.map(({ name, limit, measured, state }) => [
    name,
    limit,
    measured,
    verdictMark(state),
  ])
  return table('What was expected, and what was measured', ['expectation', 'limit', 'measured', 'verdict'], rows)
}
