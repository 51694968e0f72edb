import { tableMarkdown } from '../gate/compare.ts'
import { checksText } from '../gate/exercised.ts'
import { count, milliseconds, percent, plural, seconds, secondsRange } from '../gate/words.ts'
import type { CheckState, ResultFile } from '../record/result.ts'
import { repeatCommand } from './sections/figures.ts'

const marks: Record<CheckState, string> = { PASS: '✅', FAIL: '❌', INCONCLUSIVE: '❔', NOT_EXERCISED: '➖' }
const witnesses_max = 5

/** Compact enough for a comment of a CI job; the HTML page has the rest. */
export function runMarkdown(result: ResultFile, level = 2): string {
  const { run, verdict } = result
  const parts = [
    `${'#'.repeat(level)} ${marks[verdict.system]} ${escaped(run.title)}`,
    escaped(verdict.sentence),
    (['system', 'harness', 'cleanup'] as const)
      .map((about) => `${about} ${marks[verdict[about]]} ${verdict[about]}`)
      .join(' · '),
    verdict.reasons.map(({ about, code, text }) => `- ${about}: ${escaped(text)} (\`${code}\`)`).join('\n'),
    expectations(verdict),
    recovery(result),
    violations(result),
    exercised(result),
    figures(result),
    `Repeat: \`${repeatCommand(run)}\``,
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** All runs of a suite, what came of each first. */
export function suiteMarkdown(results: readonly ResultFile[]): string {
  const header = ['run', 'system', 'harness', 'cleanup', 'what happened']
  const rows = results.map(({ run, verdict }) => [
    run.experiment,
    ...[verdict.system, verdict.harness, verdict.cleanup].map((state) => `${marks[state]} ${state}`),
    escaped(verdict.sentence),
  ])
  return [
    `# slot-chaos: ${plural(results.length, 'run')}`,
    tableMarkdown({ header, rows }),
    ...results.map((result) => runMarkdown(result)),
  ].join('\n\n')
}

/** Text that Markdown takes as it is. */
const escaped = (text: string): string => text.replaceAll(/[\\`*_<>[\]]/g, String.raw`\$&`).replaceAll(/\s*\n\s*/g, ' ')

function expectations({ expectations: items }: ResultFile['verdict']): string {
  if (items.length === 0) return ''
  const rows = items.map(({ name, limit, measured, state }) => [
    name,
    limit,
    escaped(measured),
    `${marks[state]} ${state}`,
  ])
  return tableMarkdown({ header: ['expectation', 'limit', 'measured', 'verdict'], rows })
}

function recovery({ recovery: { trials, summary } }: ResultFile): string {
  if (trials.length === 0) return ''
  const rows = trials.map((trial) => [
    String(trial.trial),
    `${trial.fault} on ${escaped(trial.targets.join(', '))}`,
    seconds(trial.detected_s),
    trial.recovered_s === null ? `not in ${seconds(trial.watched_s)}` : seconds(trial.recovered_s),
    String(trial.failed_operations),
  ])
  const { median_s, low_s, high_s, confidence } = summary
  const range = `within ${secondsRange(low_s, high_s)} (confidence ${percent(confidence)})`
  const median = median_s === null ? 'The median trial did not recover.' : `Median ${seconds(median_s)}, ${range}.`
  const interval = trials.length < 2 ? '' : `\n\n${median}`
  return `${tableMarkdown({ header: ['trial', 'fault', 'noticed', 'recovered', 'failed operations'], rows })}${interval}`
}

function violations({ consistency }: ResultFile): string {
  const bad = consistency.checks.filter(({ state }) => state !== 'PASS')
  const all = `Consistency over ${plural(consistency.operations, 'operation')}: ${escaped(checksText(consistency))}.`
  if (bad.length === 0) return all
  const lines = bad.map(
    ({ name, state, violations: number, note }) =>
      `- ${marks[state]} \`${name}\`: ${state === 'FAIL' ? plural(number, 'violation') : escaped(note)}`,
  )
  const witnesses = consistency.violations
    .slice(0, witnesses_max)
    .map(
      ({ kind, witness }) =>
        `- \`${kind}\`: ${escaped(witness.text)}${witness.fault === null ? '' : ` Fault: ${escaped(witness.fault)}.`}`,
    )
  return [all, lines.join('\n'), witnesses.length === 0 ? '' : `Witnesses:\n\n${witnesses.join('\n')}`]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** Folded away: what was met is what a PASS rests on, and there is much of it. */
function exercised({ consistency }: ResultFile): string {
  const met = consistency.checks.flatMap(({ name, exercised: counts = {} }) => {
    const dangers = Object.entries(counts).map(([danger, times]) => `${count(times)} \`${danger}\``)
    return dangers.length === 0 ? [] : [[`\`${name}\``, dangers.join(', ')]]
  })
  if (met.length === 0) return ''
  const rows = tableMarkdown({ header: ['check', 'dangers met'], rows: met })
  return `<details><summary>What was exercised</summary>\n\n${rows}\n\n</details>`
}

function figures({ generator, latency, cost }: ResultFile): string {
  const { p50_ms, p99_ms } = latency.overall
  return [
    `Load: ${count(generator.planned)} planned, ${count(generator.dropped)} dropped`,
    `latency p50 ${milliseconds(p50_ms)}, p99 ${milliseconds(p99_ms)}`,
    `${milliseconds(cost.cpu_ms_per_operation)} of CPU an operation`,
  ].join(' · ')
}
