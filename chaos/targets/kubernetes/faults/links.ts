import { Failure } from '#lib/errors.ts'
import { pause } from '#lib/wait.ts'
import { ports } from '#kind-cluster/manifests/names.ts'
import { type Link, linkId, linksTo, matches } from '#sut/deployment/links.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import { processesOf } from '#sut/contracts/topology.ts'
import type { Observations } from '#reports/record/observations.ts'
import type { FaultPort, Toxic } from '../../target.ts'
import { type Pod, isInstance, mainStatus, regionOf, workloadOf } from '../access/objects.ts'
import type { Agent, Agents } from '../agent/agents.ts'
import { probeQuestion } from '../agent/question.ts'
import type { ClusterView } from '../watch/view.ts'
import { subjectOf } from '../watch/pods.ts'

// A link is broken where it begins: in every pod of the caller, by the agent in it.

type LinkPort = Pick<FaultPort, 'links' | 'addToxic' | 'removeToxic' | 'hasToxic' | 'probeLink'>
type Probe = Awaited<ReturnType<FaultPort['probeLink']>>

const probe_limit_ms = 2_000
const probe_limit_max_ms = 8_000
const tend_every_ms = 1_000

export interface LinkFaults extends LinkPort {
  active: () => string[]
}

interface Broken {
  to: { address: string; port: number }
  toxics: Map<string, Toxic>
  /** By pod of the caller: the agent that holds all of them there. */
  held: Map<string, Agent>
}

export function createLinkFaults(
  descriptor: SystemDescriptor,
  view: ClusterView,
  agents: Agents,
  observe: Observations,
  signal: AbortSignal,
): LinkFaults {
  const broken = new Map<string, Broken>()
  const hold = async (id: string, { to, toxics, held }: Broken, pod: Pod): Promise<void> => {
    const agent = await agents.of(pod)
    for (const toxic of toxics.values()) await agent.ask({ verb: 'add', link: id, to, toxic })
    held.set(pod.metadata.name, agent)
  }
  /** Pods that came while the fault is held, and those whose agent has been lost, break the link too. */
  const tend = async (): Promise<void> => {
    while (!signal.aborted && broken.size > 0) {
      await pause(tend_every_ms, signal).catch(() => undefined)
      for (const [id, each] of broken) {
        const callers = callersOf(view, id).filter(({ metadata }) => each.held.get(metadata.name)?.alive() !== true)
        // What does not succeed is tried again in the next turn.
        await Promise.all(callers.map((pod) => hold(id, each, pod).catch(() => undefined)))
      }
    }
  }
  return {
    active: () => [...broken].flatMap(([id, { toxics }]) => [...toxics.keys()].map((name) => `${name} on ${id}`)),
    async links(selector) {
      const named = linksTo(destinationsIn(view, descriptor), descriptor).filter((link) => matches(link, selector))
      const links = named.map((link) => fromPods(link, descriptor))
      return [...new Map(links.map((link) => [link.id, link])).values()]
    },
    async addToxic(id, toxic) {
      const callers = callersOf(view, id)
      if (callers.length === 0) throw new Failure('NO_FAULT_TARGET', `no pod at the near end of ${id} runs`)
      const entry = broken.get(id) ?? { to: farEnd(view, descriptor, id), toxics: new Map(), held: new Map() }
      entry.toxics.set(toxic.name, toxic)
      broken.set(id, entry)
      if (broken.size === 1 && entry.toxics.size === 1) void tend()
      await Promise.all(callers.map((pod) => hold(id, entry, pod)))
      observe.event('toxic-added', id, { detail: `${toxic.name}: ${toxic.type}` })
    },
    async removeToxic(id, name) {
      const entry = broken.get(id)
      if (entry?.toxics.delete(name) === true) observe.event('toxic-removed', id, { detail: name })
      if (entry?.toxics.size === 0) broken.delete(id)
      // An agent that is gone has undone what it held.
      await Promise.all(agents.all().map((agent) => agent.ask({ verb: 'remove', link: id, name })))
    },
    /** Each agent removes what it holds when it ends: as long as all live, all hold. Those of pods that just came are on their way. */
    async hasToxic(id, name) {
      const entry = broken.get(id)
      if (!destinationsIn(view, descriptor).some(({ instance }) => instance === id.split('>')[1])) return null
      return entry?.toxics.has(name) === true && [...entry.held.values()].some((agent) => agent.alive())
    },
    async probeLink(id): Promise<Probe> {
      const [pod] = callersOf(view, id)
      if (pod === undefined) return { connected: false, round_trip_ms: null, error: 'no pod at its near end runs' }
      const toxics = [...(broken.get(id)?.toxics.values() ?? [])]
      const expected = toxics.reduce(
        (sum, { attributes: { latency = 0, jitter = 0 } }) => sum + 2 * (latency + jitter),
        probe_limit_ms,
      )
      const limit_ms = Math.min(probe_limit_max_ms, expected)
      const to = broken.get(id)?.to ?? farEnd(view, descriptor, id)
      const question = { verb: 'probe', to, limit_ms, ...probeQuestion(id.split('>')[1]!.split('-')[0]!) }
      return (await agents.of(pod)).ask<Probe>(question, limit_ms + 5_000)
    },
  }
}

/** A pod has one link to a destination, whoever in it calls: that of a hosted service is that of its host, and called by its name. */
function fromPods(link: Link, descriptor: SystemDescriptor): Link {
  const from = processesOf(link.from, descriptor)
  return { ...link, from, id: linkId(from, link.from_region, link.to_instance) }
}

const running = (pod: Pod): boolean =>
  mainStatus(pod)?.state?.running !== undefined && pod.metadata.deletionTimestamp === undefined

interface End {
  pod: Pod
  to: string
  region: string
  instance: string
}

function destinationsIn(view: ClusterView, { stores }: SystemDescriptor): End[] {
  return view
    .pods()
    .filter((pod) => isInstance(pod) || stores.some((store) => store === workloadOf(pod)))
    .filter((pod) => running(pod) && pod.status?.podIP !== undefined)
    .map((pod) => ({ pod, to: workloadOf(pod)!, region: regionOf(pod) ?? '', instance: subjectOf(pod) }))
}

/** The id of a link begins with its caller: game-a>wallet-a-6d4cf56db6-x2x7q */
function callersOf(view: ClusterView, id: string): Pod[] {
  const [caller] = id.split('>')
  return view.instances().filter((pod) => `${workloadOf(pod)}-${regionOf(pod)}` === caller && running(pod))
}

function farEnd(view: ClusterView, descriptor: SystemDescriptor, id: string): Broken['to'] {
  const end = destinationsIn(view, descriptor).find(({ instance }) => instance === id.split('>')[1])
  if (end === undefined) throw new Failure('UNKNOWN_LINK', `there is no link ${id} in this system now`)
  return { address: end.pod.status!.podIP!, port: portOf(end.to) }
}

function portOf(to: string): number {
  if (to === 'postgres') return ports.postgres
  if (to === 'redis') return ports.redis
  return to === 'nats' ? ports.nats : ports.calls
}
