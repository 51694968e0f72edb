import { count, percent, seconds } from '../../gate/words.ts'
import type { ElasticityService, ResultFile } from '../../record/result.ts'
import { hypertext, nothing, table, type Markup } from '../markup.ts'

const decisions_max = 60

export function elasticity({ elasticity: found, cost }: ResultFile, prefix: string): Markup {
  if (found.services.length === 0) return hypertext`<p>No service of this system scales, or no sample was taken.</p>`
  const charts = found.services.map(
    ({ service, region, replicas_min, replicas_max }, index) =>
      hypertext`<figure
        class="chart small"
        data-chart="replicas"
        data-run="${prefix}"
        data-index="${index}"
        role="img"
        aria-label="Demanded and ready replicas of ${service} in region ${region}: between ${replicas_min} and ${replicas_max} were ready"
      >
        <figcaption>${service} in ${region}</figcaption>
      </figure>`,
  )
  return hypertext`<div class="grid">${charts}</div>
    <p class="key">
      <span><i class="line demand"></i>demanded</span>
      <span><i class="line supply"></i>ready</span>
      <span><i class="line decision"></i>scaling decision</span>
    </p>
    ${figures(found.services)} ${decisions(found.decisions)}
    <p class="note">
      Demand: ${found.demand}. Figures as SPEC RG defines them: accuracy is the mean missing (or surplus) share of
      demand, time share how long there were too few (or too many). Cost: ${count(cost.replica_seconds)} replica
      seconds.
    </p>`
}

function figures(services: readonly ElasticityService[]): Markup {
  const rows = services.map((item) => [
    `${item.service} in ${item.region}`,
    item.replicas_min === item.replicas_max ? String(item.replicas_min) : `${item.replicas_min}–${item.replicas_max}`,
    percent(item.under_provisioning_accuracy),
    percent(item.under_provisioning_timeshare),
    percent(item.over_provisioning_accuracy),
    percent(item.over_provisioning_timeshare),
    percent(item.instability),
    reaction(item),
    count(item.replica_seconds),
  ])
  const header = ['service', 'replicas', 'too few', 'for', 'too many', 'for', 'instability', 'reaction', 'replica s']
  return table('Supply against demand', header, rows, [1, 2, 3, 4, 5, 6, 7, 8])
}

/** A demand that had to wait longer than any that was answered is all that is known of it: at least so long. */
function reaction({ reaction_lag_s, unanswered_s }: ElasticityService): string {
  return unanswered_s !== null && unanswered_s > (reaction_lag_s ?? -1)
    ? `> ${seconds(unanswered_s)}`
    : seconds(reaction_lag_s)
}

function decisions(items: ResultFile['elasticity']['decisions']): Markup {
  if (items.length === 0) return nothing
  const rows = items
    .slice(0, decisions_max)
    .map(({ t_s, service, region, from, to, signal, value, target }) => [
      `t = ${seconds(t_s)}`,
      `${service} in ${region}`,
      `${from} → ${to}`,
      `${signal} ${value.toFixed(1)} (target ${target})`,
    ])
  return hypertext`<details>
    <summary>${count(items.length)} scaling decisions</summary>
    ${table('Scaling decisions', ['time', 'service', 'replicas', 'because of'], rows)}
    ${items.length > decisions_max ? hypertext`<p class="note">The first ${decisions_max} are shown; result.json has all.</p>` : nothing}
  </details>`
}
