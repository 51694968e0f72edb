import type { InstanceSample, ObservationLine } from '#reports/record/format.ts'
import type { PendingWork } from '#sut/contracts/state.ts'
import type { SystemContext } from '../context.ts'
import type { Stores } from '../stores.ts'
import type { Fleet } from './fleet.ts'
import type { Instance } from './instance.ts'
import { type LoadReading, ratesBetween } from './load.ts'

export type Sample = Extract<ObservationLine, { kind: 'sample' }>

export interface Sampler {
  /** Rates are those since the last sample (or since half a second ago, if that was asked for just now). */
  sample(): Promise<Sample>
  /** Work that still moves, by name. `everywhere`: asks every instance, not one of each service. */
  pending(everywhere: boolean): Promise<Record<string, number>>
}

/** Two who ask at the same time share an answer; rates over less than this are noise. */
const fresh_ms = 500

export function createSampler({ clock }: SystemContext, fleet: Fleet, stores: Stores): Sampler {
  let before = new Map<Instance, LoadReading>()
  let last: { at_ms: number; sample: Promise<Sample> } | null = null

  const sampleOf = async (instance: Instance): Promise<InstanceSample> => {
    const reading = await instance.read()
    const earlier = before.get(instance) ?? null
    if (reading === null) before.delete(instance)
    else before.set(instance, reading)
    const nothing = { cpu_millicores: 0, resident_bytes: 0, requests_per_s: 0, queue_depth: 0, latency_p95_ms: 0 }
    return {
      instance: instance.name,
      service: instance.service,
      region: instance.region,
      state: instance.state(),
      restarts: instance.kept.restarts(),
      ...(reading === null ? nothing : ratesBetween(earlier, reading)),
    }
  }
  const pending: Sampler['pending'] = async (everywhere) => {
    const ready = fleet.instances().filter((instance) => instance.ready())
    const asked = everywhere ? ready : firstOfEach(ready)
    const answers = await Promise.all(
      asked.map(async ({ service, operations_port }) => ({
        service,
        pending: (await fleet.operations.json<PendingWork>(operations_port, '/state'))?.pending ?? {},
      })),
    )
    return sumOverServices(answers)
  }
  const take = async (): Promise<Sample> => {
    const at_ms = clock.wall_ms()
    const instances = fleet.instances()
    const [samples, postgres, redis, nats, work] = await Promise.all([
      Promise.all(instances.map(sampleOf)),
      stores.postgres.status(),
      stores.redis.leader(),
      stores.nats.status(),
      pending(false),
    ])
    before = new Map([...before].filter(([instance]) => instances.includes(instance)))
    return {
      kind: 'sample',
      at_ms,
      instances: samples,
      stores: { postgres, redis: { leader: redis }, nats },
      pending: work,
    }
  }
  return {
    pending,
    sample() {
      const now_ms = clock.monotonic_ms()
      if (last === null || now_ms - last.at_ms >= fresh_ms) last = { at_ms: now_ms, sample: take() }
      return last.sample
    },
  }
}

function firstOfEach(instances: readonly Instance[]): Instance[] {
  const first = new Map<string, Instance>()
  for (const instance of instances) if (!first.has(instance.service)) first.set(instance.service, instance)
  return [...first.values()]
}

/** Instances of a service count the same rows of one database: the largest of their answers, then the sum over services. */
export function sumOverServices(
  answers: readonly { service: string; pending: Record<string, number> }[],
): Record<string, number> {
  const largest = new Map<string, { name: string; value: number }>()
  for (const { service, pending } of answers)
    for (const [name, value] of Object.entries(pending)) {
      const key = `${service} ${name}`
      largest.set(key, { name, value: Math.max(value, largest.get(key)?.value ?? 0) })
    }
  const sums: Record<string, number> = {}
  for (const { name, value } of largest.values()) sums[name] = (sums[name] ?? 0) + value
  return sums
}
