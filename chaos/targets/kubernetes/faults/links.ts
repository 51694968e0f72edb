import { Failure } from '#lib/errors.ts'
import { ports } from '#kind-cluster/manifests/names.ts'
import { type Link, linksTo, matches } from '#sut/deployment/links.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import type { Observations } from '#reports/record/observations.ts'
import type { FaultPort, Toxic } from '../../target.ts'
import { type Pod, isInstance, mainStatus, regionOf, workloadOf } from '../access/objects.ts'
import type { Agents } from '../agent/agents.ts'
import { probeQuestion } from '../agent/question.ts'
import type { ClusterView } from '../watch/view.ts'
import { subjectOf } from '../watch/pods.ts'

// A link is broken where it begins: in every pod of the caller, by the agent in it.

type LinkPort = Pick<FaultPort, 'links' | 'addToxic' | 'removeToxic' | 'probeLink'>
type Probe = Awaited<ReturnType<FaultPort['probeLink']>>

const probe_limit_ms = 2_000
const probe_limit_max_ms = 8_000

export interface LinkFaults extends LinkPort {
  active(): string[]
}

export function createLinkFaults(
  descriptor: SystemDescriptor,
  view: ClusterView,
  agents: Agents,
  observe: Observations,
): LinkFaults {
  const toxics = new Map<string, Map<string, Toxic>>()
  const running = (pod: Pod): boolean => mainStatus(pod)?.state?.running !== undefined
  const destinations = (): { pod: Pod; to: string; region: string; instance: string }[] =>
    view
      .pods()
      .filter((pod) => isInstance(pod) || descriptor.stores.some((store) => store === workloadOf(pod)))
      .filter((pod) => running(pod) && pod.status?.podIP !== undefined && pod.metadata.deletionTimestamp === undefined)
      .map((pod) => ({ pod, to: workloadOf(pod)!, region: regionOf(pod) ?? '', instance: subjectOf(pod) }))
  const find = (id: string): { link: Link; address: string; port: number; callers: Pod[] } => {
    const all = destinations()
    const link = linksTo(all, descriptor).find((each) => each.id === id)
    if (link === undefined) throw new Failure('UNKNOWN_LINK', `there is no link ${id} in this system now`)
    const { pod } = all.find(({ instance }) => instance === link.to_instance)!
    const callers = view
      .instances()
      .filter((each) => workloadOf(each) === link.from && regionOf(each) === link.from_region && running(each))
    return { link, callers, address: pod.status!.podIP!, port: portOf(link.to) }
  }
  return {
    active: () => [...toxics].flatMap(([link, named]) => [...named.keys()].map((name) => `${name} on ${link}`)),
    links: async (selector) => linksTo(destinations(), descriptor).filter((link) => matches(link, selector)),
    async addToxic(id, toxic) {
      const { address, port, callers } = find(id)
      if (callers.length === 0) throw new Failure('NO_FAULT_TARGET', `no pod at the near end of ${id} runs`)
      await Promise.all(
        callers.map(async (pod) => (await agents.of(pod)).ask({ verb: 'add', link: id, to: { address, port }, toxic })),
      )
      toxics.set(id, (toxics.get(id) ?? new Map<string, Toxic>()).set(toxic.name, toxic))
      observe.event('toxic-added', id, { detail: `${toxic.name}: ${toxic.type}` })
    },
    async removeToxic(id, name) {
      await Promise.all(agents.all().map((agent) => agent.ask({ verb: 'remove', link: id, name })))
      if (toxics.get(id)?.delete(name) === true) observe.event('toxic-removed', id, { detail: name })
      if (toxics.get(id)?.size === 0) toxics.delete(id)
    },
    async probeLink(id): Promise<Probe> {
      const { link, address, port, callers } = find(id)
      const [pod] = callers
      if (pod === undefined) return { connected: false, round_trip_ms: null, error: 'no pod at its near end runs' }
      const expected = [...(toxics.get(id)?.values() ?? [])].reduce(
        (sum, { attributes: { latency = 0, jitter = 0 } }) => sum + 2 * (latency + jitter),
        probe_limit_ms,
      )
      const limit_ms = Math.min(probe_limit_max_ms, expected)
      const question = { verb: 'probe', to: { address, port }, limit_ms, ...probeQuestion(link.to) }
      return (await agents.of(pod)).ask<Probe>(question, limit_ms + 5_000)
    },
  }
}

function portOf(to: string): number {
  if (to === 'postgres') return ports.postgres
  if (to === 'redis') return ports.redis
  return to === 'nats' ? ports.nats : ports.calls
}
