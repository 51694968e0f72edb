import type { InstanceSample, ObservationLine } from '#reports/record/format.ts'
import type { PendingWork } from '#sut/contracts/state.ts'
import type { SystemContext } from '../context.ts'
import type { Stores } from '../stores.ts'
import type { Fleet } from './fleet.ts'
import type { Instance } from './instance.ts'
import { type LoadReading, ratesBetween } from './load.ts'

export type Sample = Extract<ObservationLine, { kind: 'sample' }>

export interface Sampler {
  /** States and levels are those of now; rates are those since the last sample, or the one before if that was just now. */
  sample(): Promise<Sample>
  /**
   * Work that still moves, by name. `everywhere`: asks every instance, not one of each service, and counts as `unanswered`
   * those that do not tell: what is not known to be settled is not settled.
   */
  pending(everywhere: boolean): Promise<Record<string, number>>
}

/** Rates over less than this are noise. */
const rates_over_min_ms = 500

export function createSampler({ clock, request }: SystemContext, fleet: Fleet, stores: Stores): Sampler {
  const histories = new Map<Instance, ReadingHistory>()

  const sampleOf = async (instance: Instance): Promise<InstanceSample> => {
    const reading = await instance.read()
    const { earlier, history } = compared(reading, histories.get(instance))
    if (history === undefined) histories.delete(instance)
    else histories.set(instance, history)
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
        pending: (await fleet.operations.json<PendingWork>(operations_port, '/state'))?.pending,
      })),
    )
    const told = answers.flatMap(({ service, pending: work }) =>
      work === undefined ? [] : [{ service, pending: work }],
    )
    const away = request.descriptor.services.filter(({ name }) => !ready.some(({ service }) => service === name)).length
    const unanswered = answers.length - told.length + away
    return { ...sumOverServices(told), ...(everywhere && unanswered > 0 && { unanswered }) }
  }
  return {
    pending,
    async sample() {
      const at_ms = clock.wall_ms()
      const instances = fleet.instances()
      const [samples, postgres, redis, nats, work] = await Promise.all([
        Promise.all(instances.map(sampleOf)),
        stores.postgres.status(),
        stores.redis.leader(),
        stores.nats.status(),
        pending(false),
      ])
      for (const instance of histories.keys()) if (!instances.includes(instance)) histories.delete(instance)
      const stores_now = { postgres, redis: { leader: redis }, nats }
      return { kind: 'sample', at_ms, instances: samples, stores: stores_now, pending: work }
    },
  }
}

interface ReadingHistory {
  last: LoadReading
  before: LoadReading | null
}

/** What a reading is compared with: the last one that is old enough, whoever asked for it. */
function compared(
  reading: LoadReading | null,
  known: ReadingHistory | undefined,
): { earlier: LoadReading | null; history: ReadingHistory | undefined } {
  if (reading === null) return { earlier: null, history: undefined }
  if (known === undefined) return { earlier: null, history: { last: reading, before: null } }
  if (reading.at_ms - known.last.at_ms < rates_over_min_ms) return { earlier: known.before, history: known }
  return { earlier: known.last, history: { last: reading, before: known.last } }
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
