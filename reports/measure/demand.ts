import type { ServiceDescriptor } from '#sut/contracts/descriptor.ts'
import type { RunRecord } from '../record/record.ts'
import { loadSamples, sampleLengths_s, type Sample } from './cost.ts'
import { lowerBound } from './statistics.ts'

export interface DemandPoint {
  at_ms: number
  demanded: number
  /** Before the bounds of autoscaling were put on it. */
  unbounded: number
  supplied: number
}

// An autoscaler leaves a value alone that is at most a tenth above its target (Kubernetes: --horizontal-pod-autoscaler-tolerance).
const tolerance = 1.1
const smoothing_ms = 3000
const share_ms = 5000

/** How demand is derived, for the report. */
export const demandText =
  'offered operations per second (planned starts, dropped ones included, mean of 3 s) × requests of the service per ' +
  'operation (mean of the run) × share of the region (requests seen within 5 s) ÷ target requests per second of a replica, ' +
  'rounded up beyond the autoscaler’s tolerance of 10 %, within the bounds of autoscaling; supply = ready instances'

/** The target of the signal that is in operations' own terms; undefined where a service does not scale on it. */
export const requestTarget = ({ scaling }: ServiceDescriptor): number | undefined =>
  scaling?.signals.find(({ signal }) => signal === 'requests_per_s')?.target

/**
 * Demanded and supplied replicas of one service in one region, at each sample:
 *
 *   demanded = clamp(⌈ offered/s × requests per operation × region's share ÷ (1.1 × target) ⌉, min, max)
 */
export function demandOf(record: RunRecord, service: ServiceDescriptor, region: string): DemandPoint[] {
  const target = requestTarget(service)
  const { scaling } = service
  if (target === undefined || scaling === undefined) return []
  const samples = loadSamples(record)
  const perOperation = requestsPerOperation(record, samples, service.name)
  const share = shareOf(samples, service.name, region)
  return samples.map((sample, index) => {
    const load_per_s = offeredPerSecond(record, sample.at_ms) * perOperation * share(index)
    const unbounded = Math.max(0, Math.ceil(load_per_s / (target * tolerance) - 1e-9))
    return {
      at_ms: sample.at_ms,
      unbounded,
      demanded: Math.min(scaling.max, Math.max(scaling.min, unbounded)),
      supplied: sample.instances.filter(
        (instance) => instance.service === service.name && instance.region === region && instance.state === 'ready',
      ).length,
    }
  })
}

function offeredPerSecond({ operations }: RunRecord, at_ms: number): number {
  const first_ms = operations[0]?.planned_ms ?? at_ms
  const last_ms = operations.at(-1)?.planned_ms ?? at_ms
  const from_ms = Math.max(first_ms, at_ms - smoothing_ms / 2)
  const to_ms = Math.min(last_ms, at_ms + smoothing_ms / 2)
  if (to_ms <= from_ms) return 0
  const index = (wanted_ms: number): number => lowerBound(operations, wanted_ms, ({ planned_ms }) => planned_ms)
  return (index(to_ms) - index(from_ms)) / ((to_ms - from_ms) / 1000)
}

function requestsPerOperation({ operations }: RunRecord, samples: readonly Sample[], service: string): number {
  const lengths_s = sampleLengths_s(samples)
  const requests = samples.reduce((sum, sample, index) => sum + requestsIn(sample, service) * lengths_s[index]!, 0)
  const started = operations.filter(({ dropped }) => !dropped).length
  return started === 0 ? 0 : requests / started
}

function requestsIn(sample: Sample, service: string, region?: string): number {
  let sum = 0
  for (const instance of sample.instances)
    if (instance.service === service && (region ?? instance.region) === instance.region) sum += instance.requests_per_s
  return sum
}

/** Share of a region in the requests of a service around a sample; of the whole run where nothing was asked around it. */
function shareOf(samples: readonly Sample[], service: string, region: string): (index: number) => number {
  const all = samples.map((sample) => requestsIn(sample, service))
  const here = samples.map((sample) => requestsIn(sample, service, region))
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const overall = sum(all) === 0 ? 0 : sum(here) / sum(all)
  return (index) => {
    const at_ms = samples[index]!.at_ms
    const from = lowerBound(samples, at_ms - share_ms, (sample) => sample.at_ms)
    const to = lowerBound(samples, at_ms + share_ms + 1, (sample) => sample.at_ms)
    const around = sum(all.slice(from, to))
    return around === 0 ? overall : sum(here.slice(from, to)) / around
  }
}
