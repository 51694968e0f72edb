import type { ResultFile } from '../record/result.ts'
import { count, milliseconds, percent, seconds } from './words.ts'

export interface Table {
  header: string[]
  rows: string[][]
}

const lines: readonly [title: string, value: (result: ResultFile) => string][] = [
  ['experiment', ({ run }) => run.experiment],
  ['design', ({ run }) => run.design],
  ['target', ({ run }) => run.target],
  ['system', ({ verdict }) => verdict.system],
  ['harness', ({ verdict }) => verdict.harness],
  ['operations', ({ generator }) => count(generator.planned)],
  ['failed', ({ latency }) => failedText(latency.windows)],
  [
    'recovery, median',
    ({ recovery: { summary } }) =>
      summary.trials === 0 ? '–' : summary.median_s === null ? 'never' : seconds(summary.median_s),
  ],
  [
    'recovery, slowest',
    ({ recovery: { summary } }) =>
      summary.trials === 0 ? '–' : summary.high_s === null ? 'never' : seconds(summary.high_s),
  ],
  ['outside of the SLO', ({ elasticity }) => seconds(elasticity.slo_violation_s)],
  ['p50', ({ latency }) => milliseconds(latency.overall.p50_ms)],
  ['p99', ({ latency }) => milliseconds(latency.overall.p99_ms)],
  ['violations', ({ consistency }) => count(consistency.checks.reduce((sum, { violations }) => sum + violations, 0))],
  ['CPU per operation', ({ cost }) => milliseconds(cost.cpu_ms_per_operation)],
  ['replica seconds', ({ cost }) => count(cost.replica_seconds)],
]

/** One column a run, one line a figure. */
export function compareRuns(results: readonly ResultFile[]): Table {
  return {
    header: ['', ...results.map(({ run }) => run.id)],
    rows: lines.map(([title, value]) => [title, ...results.map(value)]),
  }
}

function failedText(windows: ResultFile['latency']['windows']): string {
  const all = windows.reduce((sum, { operations }) => sum + operations, 0)
  return all === 0 ? '–' : percent(windows.reduce((sum, { failed }) => sum + failed, 0) / all)
}

/** For a terminal: columns set apart by two spaces. */
export function tableText({ header, rows }: Table): string {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** For a document: a Markdown table. */
export function tableMarkdown({ header, rows }: Table): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}
