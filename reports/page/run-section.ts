import type { ResultFile } from '../record/result.ts'
import { hypertext, nothing, type Markup } from './markup.ts'
import { consistency } from './sections/consistency.ts'
import { elasticity } from './sections/elasticity.ts'
import { cost, generator, latency, provenance } from './sections/figures.ts'
import { recovery } from './sections/recovery.ts'
import { expectations, keyFigures, summary } from './sections/summary.ts'
import { traces } from './sections/traces.ts'

/** Everything about one run. `prefix` sets its anchors and charts apart from those of other runs on the page. */
export function runSection(result: ResultFile, prefix: string): Markup {
  const sections: (readonly [id: string, title: string, body: Markup])[] = [
    ['expectations', 'Expectations', expectations(result)],
    ['timeline', 'Timeline', timeline(result, prefix)],
    ['recovery', 'Recovery', recovery(result)],
    ['replicas', 'Replicas and demand', elasticity(result, prefix)],
    ['consistency', 'Consistency', consistency(result)],
    ['latency', 'Latency', latency(result)],
    ...(result.traces === undefined ? [] : [['traces', 'Traces', traces(result.traces)] as const]),
    ['load', 'Load generator', generator(result)],
    ['cost', 'Cost', cost(result)],
    ['run', 'This run', provenance(result)],
  ]
  return hypertext`${summary(result)} ${keyFigures(result)}
    <nav aria-label="Sections of ${result.run.experiment}">
      ${sections.map(([id, title]) => hypertext`<a href="#${prefix}-${id}">${title}</a>`)}
    </nav>
    ${sections.map(
      ([id, title, body]) =>
        hypertext`<section id="${prefix}-${id}">
          <h2>${title}</h2>
          ${body}
        </section>`,
    )}`
}

function timeline({ latency: found, recovery: { trials } }: ResultFile, prefix: string): Markup {
  if (found.windows.length === 0) return hypertext`<p>No operation was offered.</p>`
  const failed = found.windows.reduce((sum, window) => sum + window.failed, 0)
  const chart = (name: string, title: string, label: string): Markup =>
    hypertext`<figure class="chart" data-chart="${name}" data-run="${prefix}" role="img" aria-label="${label}">
      <figcaption>${title}</figcaption>
    </figure>`
  return hypertext`${chart('throughput', 'Operations per second', `Operations per second over time; ${failed} failed in all`)}
  ${chart('latency', 'Latency from the planned start, ms', `Median and 99th percentile of latency over time; ${found.overall.p99_ms} ms over the run`)}
  ${trials.length === 0 ? nothing : faultKey}`
}

const faultKey = hypertext`<p class="key">
    <span><i class="band fault"></i>fault at work</span>
    <span><i class="band impact"></i>until service was whole again</span>
  </p>`

/** What the charts draw; columns, since that is what the chart library takes. */
export function chartData({
  latency: { windows },
  recovery: found,
  elasticity: { services, decisions },
}: ResultFile): object {
  const column = <Key extends keyof (typeof windows)[number]>(key: Key) => windows.map((window) => window[key])
  return {
    window_s: found.window_ms / 1000,
    slo_p99_ms: found.slo.p99_ms,
    t: column('t_s'),
    operations: column('operations'),
    failed: column('failed'),
    dropped: column('dropped'),
    p50: column('p50_ms'),
    p99: column('p99_ms'),
    faults: found.trials.map((trial) => ({
      label: String(trial.trial),
      from: trial.effective_at_s,
      held: trial.reverted_at_s ?? trial.ended_at_s,
      whole: trial.recovered_s === null ? trial.ended_at_s : trial.effective_at_s + trial.recovered_s,
    })),
    services: services.map(({ service, region, series }) => ({
      t: series.map(([t_s]) => t_s),
      demanded: series.map(([, demanded]) => demanded),
      supplied: series.map(([, , supplied]) => supplied),
      decisions: decisions.filter((item) => item.service === service && item.region === region).map(({ t_s }) => t_s),
    })),
  }
}
