import type { ScalingSignal } from '#sut/contracts/descriptor.ts'
import type { LocalSettings } from './settings.ts'

export type ScalingSettings = Pick<
  LocalSettings,
  | 'hpa_tolerance'
  | 'hpa_scale_up_pods_max'
  | 'hpa_scale_up_percent_max'
  | 'hpa_scale_up_stabilization_ms'
  | 'hpa_scale_down_stabilization_ms'
>

/** What one instance has reported over the last period; an instance that is not ready has no readings. */
export type Readings = Record<ScalingSignal['signal'], number>

export interface ScalingView {
  now_ms: number
  /** Instances that exist, ready or not. */
  replicas: number
  ready: readonly Readings[]
  signals: readonly ScalingSignal[]
  min: number
  max: number
  /** Recommendations within the stabilization window, oldest first, without this one. */
  history: readonly Recommendation[]
}

export interface Recommendation {
  at_ms: number
  replicas: number
}

export interface ScalingDecision {
  replicas: number
  /** The signal that asked for most. */
  signal: ScalingSignal['signal']
  value: number
  target: number
  history: Recommendation[]
}

/**
 * One signal's wish. Source: the HPA's algorithm (kubernetes.io, "Horizontal Pod Autoscaling", and replica_calculator.go):
 *
 *   desired = ceil(ready × value / target)        value = mean over ready instances
 *
 * no change within the tolerance; when it would grow, instances that are not ready yet count as idle ones.
 */
export function desiredBy(value: number, target: number, ready: number, replicas: number, tolerance: number): number {
  const ratio = value / target
  if (ready === 0 || Math.abs(ratio - 1) <= tolerance) return replicas
  if (ratio < 1) return Math.min(replicas, Math.max(0, ceiling(ready * ratio)))
  const damped = (ratio * ready) / Math.max(ready, replicas)
  if (damped <= 1 + tolerance) return replicas
  return Math.max(replicas, ceiling(damped * Math.max(ready, replicas)))
}

/**
 * The largest wish counts. It grows to the lowest wish of the window for growth, a bounded number of replicas per period, and
 * shrinks to the highest wish of the window for shrinking.
 */
export function decideScaling(view: ScalingView, settings: ScalingSettings): ScalingDecision {
  const wishes = view.signals.map(({ signal, target }) => {
    const value = view.ready.length === 0 ? 0 : mean(view.ready.map((readings) => readings[signal]))
    const replicas = desiredBy(value, target, view.ready.length, view.replicas, settings.hpa_tolerance)
    return { signal, target, value, replicas, ratio: value / target }
  })
  const largest = wishes.reduce((most, wish) =>
    wish.replicas > most.replicas || (wish.replicas === most.replicas && wish.ratio > most.ratio) ? wish : most,
  )
  const wanted = clamp(largest.replicas, view.min, view.max)
  const since_ms = view.now_ms - settings.hpa_scale_down_stabilization_ms
  const history = [
    ...view.history.filter(({ at_ms }) => at_ms >= since_ms),
    { at_ms: view.now_ms, replicas: wanted },
  ].slice(-history_max)
  const highest = Math.max(...history.map(({ replicas }) => replicas))
  const upSince_ms = view.now_ms - settings.hpa_scale_up_stabilization_ms
  const recent = history.filter(({ at_ms }) => at_ms >= upSince_ms)
  const lowest = Math.max(view.replicas, Math.min(...recent.map(({ replicas }) => replicas)))
  const grown_max =
    view.replicas +
    Math.max(settings.hpa_scale_up_pods_max, Math.floor((view.replicas * settings.hpa_scale_up_percent_max) / 100))
  const replicas =
    wanted >= view.replicas ? Math.min(lowest, grown_max) : clamp(Math.min(highest, view.replicas), view.min, view.max)
  return { replicas, signal: largest.signal, value: largest.value, target: largest.target, history }
}

const history_max = 1_000
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value))
/** Without the noise of floating point: 3 × (2 / 3) is 2, not 3. */
const ceiling = (value: number): number => Math.ceil(value - 1e-9)
