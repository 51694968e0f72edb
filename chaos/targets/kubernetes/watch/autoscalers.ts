import type { ScalingLine } from '#reports/record/observations.ts'
import type { Autoscaler, MetricSpec, MetricStatus, MetricValue } from '../access/objects.ts'

export type Scaling = Omit<ScalingLine, 'kind' | 'at_ms'>

/** A quantity of Kubernetes: 250m, 12, 1.5k, 3Mi. NaN when it is none. */
export function quantity(text: string | undefined): number {
  const [, digits, unit = ''] = /^([0-9.]+(?:e[0-9]+)?)([a-zA-Z]*)$/.exec(text ?? '') ?? []
  const factors: Record<string, number> = {
    '': 1,
    n: 1e-9,
    u: 1e-6,
    m: 1e-3,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
  }
  return digits === undefined ? Number.NaN : Number(digits) * (factors[unit] ?? Number.NaN)
}

/** The decision of an HPA, when it has made a new one: the signal is the one that is furthest above its target. */
export function scalingOf(before: Autoscaler | undefined, after: Autoscaler | undefined): Scaling | null {
  const to = after?.status?.desiredReplicas
  const from = before?.status?.desiredReplicas ?? after?.status?.currentReplicas
  if (after === undefined || to === undefined || from === undefined || from === 0 || to === 0 || from === to)
    return null
  const [, service, region] = /^(.+)-([a-z])$/.exec(after.spec.scaleTargetRef.name) ?? []
  if (service === undefined || region === undefined) return null
  return { service, region, from, to, ...strongest(after) }
}

function strongest({ spec, status }: Autoscaler): Pick<Scaling, 'signal' | 'value' | 'target'> {
  const signals = (status?.currentMetrics ?? []).flatMap((current) => {
    const wanted = current === null ? undefined : (spec.metrics ?? []).find((each) => nameOf(each) === nameOf(current))
    if (current === null || wanted === undefined) return []
    const value = valueOf(currentOf(current))
    const target = valueOf(targetOf(wanted))
    return Number.isFinite(value) && target > 0 ? [{ signal: signalOf(nameOf(wanted)), value, target }] : []
  })
  const first = signals.toSorted((one, other) => other.value / other.target - one.value / one.target)[0]
  return first ?? { signal: 'unknown', value: 0, target: 0 }
}

const nameOf = (metric: MetricSpec | MetricStatus): string =>
  metric.resource?.name ?? metric.external?.metric.name ?? metric.pods?.metric.name ?? ''
const currentOf = (metric: MetricStatus): MetricValue =>
  metric.resource?.current ?? metric.external?.current ?? metric.pods?.current ?? {}
const targetOf = (metric: MetricSpec): MetricValue =>
  metric.resource?.target ?? metric.external?.target ?? metric.pods?.target ?? {}
const valueOf = ({ averageUtilization, averageValue, value }: MetricValue): number =>
  averageUtilization ?? quantity(averageValue ?? value)

/** KEDA makes names such as s1-metric-api-slot_requests_per_second of what it reads. */
function signalOf(name: string): string {
  if (name === 'cpu') return 'cpu_percent'
  if (/request/.test(name)) return 'requests_per_s'
  if (/p95|latency/.test(name)) return 'latency_p95_ms'
  return /queue/.test(name) ? 'queue_depth' : name
}
