import { originOf, phaseOf, type RunRecord } from '../record/record.ts'
import type { ElasticityService, ResultFile } from '../record/result.ts'
import { demandOf, demandText, requestTarget, type DemandPoint } from './demand.ts'
import { badSeconds } from './recovery.ts'
import { rounded } from './statistics.ts'
import type { Window } from './windows.ts'

/**
 * Elasticity as SPEC RG defines it (Herbst and others, Ready for Rain? A view from SPEC Research on the future of cloud
 * metrics, 2016), with d = demanded and s = supplied replicas over the time T under load:
 *
 *   accuracy     under  Σ max(d − s, 0) / d · Δt / T        over  Σ max(s − d, 0) / d · Δt / T
 *   time share   under  Σ [d > s] · Δt / T                  over  Σ [s > d] · Δt / T
 *   instability         Σ [sgn Δs ≠ sgn Δd] · Δt / T        over all pairs of neighbouring samples
 */
export function measureElasticity(record: RunRecord, windows: readonly Window[]): ResultFile['elasticity'] {
  const origin_ms = originOf(record)
  const services: ElasticityService[] = []
  let above_s = 0
  for (const service of record.system.services)
    for (const region of record.system.regions) {
      const points = demandOf(record, service, region)
      if (points.length < 2) continue
      services.push({ service: service.name, region, ...figuresOf(points, origin_ms) })
      above_s += timeWhere(points, (point) => point.unbounded > point.demanded)
    }
  const unscaled = record.system.services.filter((service) => service.scaling && requestTarget(service) === undefined)
  const notes = [
    ...(above_s >= 1 ? [`for ${Math.round(above_s)} replica-group seconds demand was above the upper bound`] : []),
    ...unscaled.map(({ name }) => `${name} has no target of requests per second and is left out`),
  ]
  return {
    demand: [demandText, ...notes].join('; '),
    services,
    decisions: record.observations
      .filter((line) => line.kind === 'scaling')
      .map(({ at_ms, service, region, from, to, signal, value, target }) => {
        return { t_s: rounded((at_ms - origin_ms) / 1000), service, region, from, to, signal, value, target }
      }),
    slo_violation_s: rounded(badSeconds(watched(record, windows))),
  }
}

/** Windows after the steady state was reached: what comes before is the warm-up. */
export function watched(record: RunRecord, windows: readonly Window[]): Window[] {
  const steady_ms = phaseOf(record.journal, 'steady-state').end_ms ?? -Infinity
  return windows.filter((window) => window.start_ms >= steady_ms)
}

function figuresOf(points: readonly DemandPoint[], origin_ms: number): Omit<ElasticityService, 'service' | 'region'> {
  const total_s = timeWhere(points, () => true)
  const share = (weight: (point: DemandPoint) => number): number =>
    total_s === 0 ? 0 : rounded(integral(points, weight) / total_s)
  const steps = points.slice(1).map((point, index) => ({
    seconds: (point.at_ms - points[index]!.at_ms) / 1000,
    opposed:
      Math.sign(point.supplied - points[index]!.supplied) !== Math.sign(point.demanded - points[index]!.demanded),
  }))
  const opposed_s = steps.reduce((sum, { seconds, opposed }) => sum + (opposed ? seconds : 0), 0)
  const supplies = points.map(({ supplied }) => supplied)
  return {
    series: points.map(({ at_ms, demanded, supplied }) => [rounded((at_ms - origin_ms) / 1000), demanded, supplied]),
    under_provisioning_accuracy: share(({ demanded, supplied }) => Math.max(demanded - supplied, 0) / demanded),
    over_provisioning_accuracy: share(({ demanded, supplied }) => Math.max(supplied - demanded, 0) / demanded),
    under_provisioning_timeshare: share(({ demanded, supplied }) => (demanded > supplied ? 1 : 0)),
    over_provisioning_timeshare: share(({ demanded, supplied }) => (supplied > demanded ? 1 : 0)),
    instability: total_s === 0 ? 0 : rounded(opposed_s / total_s),
    ...reactionOf(points),
    replica_seconds: rounded(integral(points, ({ supplied }) => supplied)),
    replicas_min: Math.min(...supplies),
    replicas_max: Math.max(...supplies),
  }
}

/**
 * The longest time from a rise of demand until as many replicas were ready; null when no rise was answered. When demand fell, or
 * the run ended, before there were enough, nobody knows how long it would have taken: the longest such time is `unanswered_s`.
 */
export function reactionOf(points: readonly DemandPoint[]): Pick<ElasticityService, 'reaction_lag_s' | 'unanswered_s'> {
  const answered_ms: number[] = []
  const unanswered_ms: number[] = []
  for (let index = 1; index < points.length; index++) {
    const { demanded, at_ms } = points[index]!
    if (demanded <= points[index - 1]!.demanded) continue
    const end = points.find((point, at) => at >= index && (point.supplied >= demanded || point.demanded < demanded))
    const answered = end !== undefined && end.supplied >= demanded
    ;(answered ? answered_ms : unanswered_ms).push((end ?? points.at(-1)!).at_ms - at_ms)
  }
  const longest_s = (all_ms: readonly number[]): number | null =>
    all_ms.length === 0 ? null : rounded(Math.max(...all_ms) / 1000)
  return { reaction_lag_s: longest_s(answered_ms), unanswered_s: longest_s(unanswered_ms) }
}

/** ∫ weight dt over the points, each standing until the next one, in seconds. */
function integral(points: readonly DemandPoint[], weight: (point: DemandPoint) => number): number {
  let sum = 0
  for (let index = 1; index < points.length; index++) {
    const point = points[index - 1]!
    sum += (weight(point) * (points[index]!.at_ms - point.at_ms)) / 1000
  }
  return sum
}

const timeWhere = (points: readonly DemandPoint[], holds: (point: DemandPoint) => boolean): number =>
  integral(points, (point) => (holds(point) ? 1 : 0))
