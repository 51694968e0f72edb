import { cpus } from 'node:os'
import type { InstanceSample, ObservationLine } from '#reports/record/format.ts'
import type { PendingWork } from '#sut/contracts/state.ts'
import type { SystemContext } from '../context.ts'
import type { Stores } from '../stores.ts'
import type { Fleet } from './fleet.ts'
import type { Instance } from './instance.ts'
import { noLoad, readingHistories, sumOverServices } from '#sut/deployment/load.ts'

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

export function createSampler({ clock, request, processes }: SystemContext, fleet: Fleet, stores: Stores): Sampler {
  const histories = readingHistories<Instance>()

  const sampleOf = async (instance: Instance): Promise<InstanceSample> => {
    const reading = await instance.read()
    const rates = histories.rates(instance, reading)
    return {
      instance: instance.name,
      service: instance.service,
      region: instance.region,
      state: instance.state(),
      restarts: instance.kept.restarts(),
      ...(rates ?? noLoad),
    }
  }
  const pending: Sampler['pending'] = async (everywhere) => {
    const ready = fleet.instances().filter((instance) => instance.ready())
    const asked = everywhere ? ready : firstOfEach(ready)
    const answers = await Promise.all(
      asked
        .flatMap(({ parts }) => parts)
        .map(async ({ service, operations_port }) => ({
          service,
          pending: (await fleet.operations.json<PendingWork>(operations_port, '/state', service))?.pending,
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
      histories.keep(instances)
      const stores_now = { postgres, redis: { leader: redis }, nats }
      const cpu_ms = { ...processes.cpu_ms(), supervisor: ownCpuMs(), machine: machineCpuMs() }
      return { kind: 'sample', at_ms, instances: samples, stores: stores_now, pending: work, cpu_ms }
    },
  }
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Of all cores, whatever they did. */
const machineCpuMs = (): number =>
  cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0)

function firstOfEach(instances: readonly Instance[]): Instance[] {
  const first = new Map<string, Instance>()
  for (const instance of instances) if (!first.has(instance.service)) first.set(instance.service, instance)
  return [...first.values()]
}
