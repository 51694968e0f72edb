import type { Clock } from '#lib/clock.ts'
import { type Part, partsOf } from '#kind-cluster/manifests/parts.ts'
import type { InstanceSample, ObservationLine } from '#reports/record/format.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import type { PendingWork } from '#sut/contracts/state.ts'
import { type LoadAnswer, type LoadReading, noLoad, readingHistories, sumOverServices } from '#sut/deployment/load.ts'
import { type Pod, mainStatus, regionOf, workloadOf } from './access/objects.ts'
import type { PodClient, PodPort } from './operations.ts'
import type { StoreStates } from './stores.ts'
import { stateOfPod } from './watch/pods.ts'
import type { ClusterView } from './watch/view.ts'

type Sample = Extract<ObservationLine, { kind: 'sample' }>

export interface Sampler {
  sample(): Promise<Sample>
  /** `everywhere`: asks every instance, and counts as `unanswered` those that do not tell. */
  pending(everywhere: boolean): Promise<Record<string, number>>
  /** Where the state of each service is to be had: in one instance of it, or `everywhere` in all that are ready. */
  tellers(everywhere: boolean): Teller[]
}

/** A service in a ready pod, of its own or of its host; null: there is none. */
export interface Teller extends Pick<Part, 'name' | 'operations_port'> {
  pod: Pod | null
}

/** What the operations port tells beside that on Kubernetes, where nobody else can ask the process. */
type OwnLoad = LoadAnswer & Pick<LoadReading, 'cpu_ms' | 'resident_bytes'>

/** So many questions in a row without an answer: it is gone, though nobody has told Kubernetes yet. */
const silences_max = 3

export function createSampler(
  { clock, descriptor }: { clock: Clock; descriptor: SystemDescriptor },
  view: ClusterView,
  client: PodClient,
  stores: StoreStates,
): Sampler {
  const histories = readingHistories<string>()
  const silences = new Map<string, number>()
  const silent = (pod: Pod): boolean => (silences.get(pod.metadata.name) ?? 0) >= silences_max
  const stateOf = (pod: Pod): InstanceSample['state'] => stateOfPod(pod, view.everReady(pod), silent(pod))

  const read = async (pod: Pod): Promise<LoadReading | null> => {
    const { name } = pod.metadata
    if (mainStatus(pod)?.state?.running === undefined) return null
    const load = await client.json<OwnLoad>(name, '/load')
    silences.set(name, load === undefined ? (silences.get(name) ?? 0) + 1 : 0)
    if (load === undefined) return null
    // Counters start anew with each container: the number of its restarts tells one process from the next.
    const pid = mainStatus(pod)?.restartCount ?? 0
    return { ...load, at_ms: clock.monotonic_ms(), pid }
  }
  const sampleOf = async (pod: Pod): Promise<InstanceSample> => {
    const rates = histories.rates(pod.metadata.name, await read(pod))
    return {
      instance: pod.metadata.name,
      service: workloadOf(pod)!,
      region: regionOf(pod) ?? '',
      state: stateOf(pod),
      restarts: mainStatus(pod)?.restartCount ?? 0,
      ...(rates ?? noLoad),
    }
  }
  const ready = (): Pod[] => view.instances().filter((pod) => stateOf(pod) === 'ready')
  const tellers: Sampler['tellers'] = (everywhere) => {
    const all = ready()
    return descriptor.services.flatMap((service) => {
      const own = all.filter((pod) => workloadOf(pod) === service.name)
      const pods = everywhere && own.length > 0 ? own : [own[0] ?? null]
      return pods.flatMap((pod) => partsOf(service).map((part) => ({ ...part, pod })))
    })
  }
  const pendingOf = async (pod: Pod, at: PodPort): Promise<PendingWork['pending'] | undefined> =>
    (await client.json<PendingWork>(pod.metadata.name, '/state', at))?.pending
  const pending: Sampler['pending'] = async (everywhere) => {
    const answers = await Promise.all(
      tellers(everywhere).map(async ({ name, operations_port, pod }) => ({
        service: name,
        pending: pod && (await pendingOf(pod, { port: operations_port, service: name })),
      })),
    )
    const told = answers.flatMap(({ service, pending: work }) => (work ? [{ service, pending: work }] : []))
    const unanswered = answers.length - told.length
    return { ...sumOverServices(told), ...(everywhere && unanswered > 0 && { unanswered }) }
  }
  return {
    pending,
    tellers,
    async sample() {
      const at_ms = clock.wall_ms()
      const pods = view.instances()
      const [instances, redis, nats, work] = await Promise.all([
        Promise.all(pods.map(sampleOf)),
        stores.redis(),
        stores.nats(),
        pending(false),
      ])
      const names = pods.map(({ metadata }) => metadata.name)
      histories.keep(names)
      for (const name of silences.keys()) if (!names.includes(name)) silences.delete(name)
      const stores_now = { postgres: view.postgres(), redis: { leader: redis }, nats }
      return { kind: 'sample', at_ms, instances, stores: stores_now, pending: work }
    },
  }
}
