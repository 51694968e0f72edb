import { count, milliseconds, seconds } from '../../gate/words.ts'
import type { ResultFile } from '../../record/result.ts'
import { hypertext, table, type Markup } from '../markup.ts'
import { verdictMark } from './summary.ts'

export function latency({ latency: found }: ResultFile): Markup {
  const rows = [['all', found.overall] as const, ...Object.entries(found.by_kind)].map(([kind, figures]) => [
    kind,
    count(figures.count),
    milliseconds(figures.mean_ms),
    milliseconds(figures.p50_ms),
    milliseconds(figures.p95_ms),
    milliseconds(figures.p99_ms),
    milliseconds(figures.max_ms),
  ])
  const header = ['operation', 'served', 'mean', 'p50', 'p95', 'p99', 'max']
  return hypertext`${table('Latency of what was served, from the planned start', header, rows, [1, 2, 3, 4, 5, 6])}`
}

export function generator({ generator: found }: ResultFile): Markup {
  const { planned, started, dropped, late_p99_ms, state, note } = found
  const rows = [[count(planned), count(started), count(dropped), milliseconds(late_p99_ms), verdictMark(state)]]
  return hypertext`${table('Load that was offered', ['planned', 'started', 'dropped', 'late (p99)', 'verdict'], rows, [1, 2, 3])}
    <p class="note">${note}</p>`
}

export function cost({ cost: { cpu_seconds_by_service, cpu_ms_per_operation, replica_seconds } }: ResultFile): Markup {
  const rows = Object.entries(cpu_seconds_by_service).map(([service, cpu_s]) => [service, seconds(cpu_s)])
  return hypertext`${table('CPU time by service', ['service', 'CPU'], rows, [1])}
    <p class="note">
      ${milliseconds(cpu_ms_per_operation)} of CPU an operation, ${count(replica_seconds)} replica seconds.
    </p>`
}

/** What is needed to understand the run, and to repeat it. */
export function provenance({ run, cleanup }: ResultFile): Markup {
  const pairs = (caption: string, items: Record<string, string | number>): Markup =>
    table(
      caption,
      ['name', 'value'],
      Object.entries(items).map(([name, value]) => [name, String(value)]),
    )
  return hypertext`<p>Repeat it with</p>
    <pre tabindex="0">${repeatCommand(run)}</pre>
    <div class="columns">
      ${pairs('Settings that decide recovery', run.settings)} ${pairs('Versions', run.versions)}
      ${pairs('Machine', run.machine)}
      ${pairs('Run', {
        id: run.id,
        started: run.started_at,
        duration: seconds(run.duration_s),
        design: run.design,
        seed: run.seed,
        faults: `${cleanup.faults}, ${cleanup.reverted} reverted`,
        'left behind': cleanup.residue.length === 0 ? 'nothing' : cleanup.residue.join(', '),
      })}
    </div>`
}

export const repeatCommand = ({ experiment, target, design, seed, trials, settings }: ResultFile['run']): string =>
  `npm run chaos -- ${experiment} --target ${target} --design ${design} --seed ${seed} --trials ${trials} --load ${settings['load_percent'] ?? 100}`
