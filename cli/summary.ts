import { join } from 'node:path'
import type { Plan } from '#chaos/engine/plan.ts'
import { recordFiles } from '#reports/record/format.ts'
import { checksText } from '#reports/gate/exercised.ts'
import type { ResultFile } from '#reports/record/result.ts'
import { shown } from './folders.ts'

/** What a person reads at the end of a run. */
export function summaryOf(result: ResultFile, folder: string): string {
  const { verdict, consistency, run } = result
  const violations = consistency.checks.reduce((sum, check) => sum + check.violations, 0)
  const rows: [string, string][] = [
    ['verdict', `system ${verdict.system} · harness ${verdict.harness} · clean-up ${verdict.cleanup}`],
    ...verdict.reasons.slice(0, 5).map(({ about, text }): [string, string] => ['', `${about}: ${text}`]),
    ['recovery', recoveryText(result)],
    ['replicas', replicasText(result)],
    [
      'consistency',
      `${violations === 0 ? 'no violation' : `${violations} violations`} over ` +
        `${consistency.operations.toLocaleString('en')} operations; ${checksText(consistency)}`,
    ],
    ...consistency.violations
      .slice(0, 3)
      .map(({ kind, witness }): [string, string] => ['', `${kind}: ${witness.text}`]),
    ['latency', latencyText(result)],
    ['seed', run.seed],
    ['report', shown(join(folder, recordFiles.page))],
  ]
  const lines = rows.map(([title, text]) => `  ${title.padEnd(12)} ${text}`)
  return [`${run.experiment}: ${verdict.sentence}`, ...lines].join('\n')
}

function recoveryText({ recovery }: ResultFile): string {
  if (recovery.trials.length === 0) return 'no fault, no recovery'
  const { trials, median_s, low_s, high_s, confidence } = recovery.summary
  const each = recovery.trials.map(({ recovered_s }) => (recovered_s === null ? 'never' : secondsText(recovered_s)))
  if (trials === 1) return `${each[0]} (one trial: no MTTR)`
  const share = `${(confidence * 100).toFixed(confidence > 0.99 ? 2 : 0)} %`
  const between = `${secondsText(low_s)} to ${secondsText(high_s)}, ${share}`
  return `MTTR ${secondsText(median_s)} (${between}); trials ${each.join(', ')}`
}

function replicasText({ elasticity }: ResultFile): string {
  const changed = elasticity.services.filter(({ replicas_min, replicas_max }) => replicas_min !== replicas_max)
  if (changed.length === 0) return 'the same all the time'
  return changed
    .map(({ service, region, replicas_min, replicas_max }) => `${service}-${region} ${replicas_min}–${replicas_max}`)
    .join(', ')
}

function latencyText({ latency: { overall, windows } }: ResultFile): string {
  const failed = windows.reduce((sum, window) => sum + window.failed, 0)
  const { p50_ms, p99_ms } = overall
  return `p50 ${Math.round(p50_ms)} ms, p99 ${Math.round(p99_ms)} ms, ${failed} operations failed`
}

const secondsText = (value: number | null): string => (value === null ? 'never' : `${value.toFixed(1)} s`)

/** What --dry-run prints: the phases, where faults land, what gets a proxy, how long it takes. */
export function planText({ experiment, target, design, seed, links, estimate_s }: Plan): string {
  const { load, steady_state, faults, recovery, trials } = experiment
  const linkText = links.map(
    ({ from, to, from_region = '*', to_region = '*' }) => `${from}-${from_region} → ${to}-${to_region}`,
  )
  const each = faults.map(
    ({ fault, parameters, hold_s }) =>
      `${fault} ${parametersText(parameters)}${hold_s > 0 ? `, held ${hold_s} s` : ''}`,
  )
  const rows: [string, string][] = [
    ['system', `target ${target.name}, design ${design}, seed ${seed}`],
    ['proxies', linkText.join(', ') || 'none'],
    [
      'load',
      `${Object.keys(load.mix).join(', ')}; ${load.profile}, ${load.rate_per_s} arrivals/s, ${load.players} players`,
    ],
    [
      'steady state',
      `${steady_state.success_rate_min * 100} % good and p99 ≤ ${steady_state.p99_ms_max} ms over ${steady_state.for_s} s, within ${steady_state.limit_s} s`,
    ],
    ...(faults.length === 0
      ? [['trial', `the load itself, ${load.duration_s} s`] satisfies [string, string]]
      : [
          [`${trials} trial${trials === 1 ? '' : 's'}`, each.join('; beside it ')] satisfies [string, string],
          ['recovery', `${recovery.good_s} s within the service level, ${recovery.limit_s} s at most`] satisfies [
            string,
            string,
          ],
        ]),
    ['then', 'stop load, settle, read state, system down, clean-up, judge, report'],
    ['takes', `about ${estimate_s} s`],
  ]
  const lines = rows.map(([title, text]) => `  ${title.padEnd(13)} ${text}`)
  return [`${experiment.name}: ${experiment.title}`, ...lines].join('\n')
}

const parametersText = (parameters: Record<string, unknown>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ')
