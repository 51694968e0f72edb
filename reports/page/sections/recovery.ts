import { percent, plural, seconds, secondsRange } from '../../gate/words.ts'
import type { RecoveryPhase, RecoveryTrial, ResultFile } from '../../record/result.ts'
import { hypertext, nothing, raw, table, type Markup } from '../markup.ts'

const phaseNames = ['detect', 'elect', 'schedule', 'start', 'ready', 'routed', 'slo', 'standby', 'failed'] as const
const meanings: Record<(typeof phaseNames)[number], string> = {
  detect: 'until it is noticed',
  elect: 'until there is a new leader',
  schedule: 'until a new start is decided',
  start: 'until the process starts',
  ready: 'until it is ready',
  routed: 'until it gets requests',
  slo: 'players outside of the service level',
  standby: 'until a standby follows again',
  failed: 'started in vain',
}
const shown_max = 10

export function recovery({ recovery: { trials, summary, window_ms, slo } }: ResultFile): Markup {
  if (trials.length === 0) return hypertext`<p>No fault was injected: the load itself was the experiment.</p>`
  return hypertext`${interval(summary)} ${trialsTable(trials)}
    <h3>Where the time went</h3>
    ${legend(trials)} ${trials.map(bars)}
    <p class="note">
      Seconds after the fault was seen to bite. Windows of ${window_ms} ms; a good one has at least
      ${percent(slo.success_rate)} served and a p99 of at most ${slo.p99_ms} ms, both from the planned start. Recovered
      is the start of the good stretch that lasts to the end of the trial. A trial without one is censored: it counts as
      longer than all others.
    </p>`
}

function interval({ trials, median_s, low_s, high_s, confidence }: ResultFile['recovery']['summary']): Markup {
  if (median_s === null)
    return hypertext`<p><b>${trials === 1 ? 'Service was' : 'In the median trial service was'} not whole again</b> while
      it was watched.</p>`
  const median = seconds(median_s)
  if (trials === 1)
    return hypertext`<p><b>${median}</b> to recover. One trial is no mean time: it says nothing of the next one.</p>`
  return hypertext`<p>
    Median time to recover <b>${median}</b> of ${trials} trials; the true median lies within
    ${secondsRange(low_s, high_s)} with a confidence of ${percent(confidence)}.
  </p>`
}

function trialsTable(trials: readonly RecoveryTrial[]): Markup {
  const rows = trials.map((trial) => [
    String(trial.trial),
    trial.recovered_s === null
      ? hypertext`<b>not in ${seconds(trial.watched_s)}</b>`
      : hypertext`<b>${seconds(trial.recovered_s)}</b>`,
    trial.impact_start_s === null ? 'no impact' : seconds(trial.impact_start_s),
    seconds(trial.detected_s),
    seconds(trial.unavailable_s),
    String(trial.failed_operations),
    percent(trial.error_budget_burnt),
    hypertext`<span class="wide">${trial.fault} on ${trial.targets.join(', ')}</span>`,
  ])
  const header = ['trial', 'recovered', 'impact', 'noticed', 'bad windows', 'failed', 'budget burnt', 'fault']
  return table('Every trial, in seconds after the fault was effective', header, rows, [1, 2, 3, 4, 5, 6])
}

function legend(trials: readonly RecoveryTrial[]): Markup {
  const used = new Set(trials.flatMap(({ phases }) => phases.map(({ name }) => name)))
  const items = phaseNames
    .filter((name) => used.has(name))
    .map((name) => hypertext`<li><span class="swatch phase-${name}"></span><b>${name}</b> ${meanings[name]}</li>`)
  return items.length === 0
    ? hypertext`<p>No phase could be seen.</p>`
    : hypertext`<ul class="legend">
        ${items}
      </ul>`
}

function bars(trial: RecoveryTrial): Markup {
  if (trial.phases.length === 0) return nothing
  const bySubject = [...Map.groupBy(trial.phases, ({ subject }) => subject)]
  // Clients first: they decide. Then elections, which others wait for, services, and the nodes of stores.
  const order = (subject: string): number =>
    subject === 'clients' ? 0 : !subject.includes('-') ? 1 : /-\d+$/.test(subject) ? 2 : 3
  const sorted = bySubject.toSorted(([one], [other]) => order(one) - order(other))
  const end_s = Math.max(1, ...trial.phases.map((phase) => phase.end_s)) * 1.02
  const rows = sorted.map(([subject, phases]) => row(subject, phases, end_s))
  const rest = rows.slice(shown_max)
  return hypertext`<figure class="bars">
    <figcaption>Trial ${trial.trial}: ${trial.fault} on ${trial.targets.join(', ')}</figcaption>
    ${rows.slice(0, shown_max)}
    ${
      rest.length === 0
        ? nothing
        : hypertext`<details>
            <summary>${plural(rest.length, 'more subject')}</summary>
            ${rest}
          </details>`
    }
    ${axis(end_s)}
  </figure>`
}

function row(subject: string, phases: readonly RecoveryPhase[], end_s: number): Markup {
  const text = phases
    .map(({ name, start_s, end_s: end }) => `${name} ${seconds(Math.max(0, end - start_s))}`)
    .join(', ')
  const segments = phases.map(({ name, start_s, end_s: end }) => {
    const left = ((start_s / end_s) * 100).toFixed(2)
    const width = Math.max(0.4, ((end - start_s) / end_s) * 100).toFixed(2)
    return hypertext`<i
      class="phase-${name}"
      style="left:${left}%;width:${width}%"
      title="${name}: ${seconds(start_s)} to ${seconds(end)}"
    ></i>`
  })
  return hypertext`<div class="bar">
    <span class="subject">${subject}</span
    ><span class="track" role="img" aria-label="${subject}: ${text}">${segments}</span
    ><span class="end">${seconds(phases.at(-1)!.end_s)}</span>
  </div>`
}

function axis(end_s: number): Markup {
  const step = [0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((size) => end_s / size <= 6) ?? 5000
  const ticks = Array.from({ length: Math.floor(end_s / step) + 1 }, (_, index) => index * step)
  const marks = ticks.map(
    (tick) => hypertext`<i style="left:${((tick / end_s) * 100).toFixed(2)}%">${seconds(tick)}</i>`,
  )
  return hypertext`<div class="bar axis" aria-hidden="true">
    <span class="subject"></span><span class="track">${marks}</span><span class="end">${raw('&nbsp;')}</span>
  </div>`
}
