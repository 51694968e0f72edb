import { Failure } from '#lib/errors.ts'
import type { Observations } from '#reports/record/observations.ts'
import type { FaultPort } from '../target.ts'
import { type Api, isGone } from './access/api.ts'
import type { KubernetesObject } from './access/objects.ts'
import { type Agents, createAgents } from './agent/agents.ts'
import { runningAgent } from './agent/ephemeral.ts'
import { runInPod } from './access/run-in-pod.ts'
import { createCertificateFaults } from './faults/certificates.ts'
import { createLinkFaults } from './faults/links.ts'
import { createMachineFaults } from './faults/machines.ts'
import { createPodFaults } from './faults/processes.ts'
import { type Nodes, containerNodes } from './nodes.ts'
import type { PodClient } from './operations.ts'
import type { SystemRecord } from './state.ts'
import type { ClusterView } from './watch/view.ts'

export interface SystemFaults {
  port: FaultPort
  /** Agents undo what they hold. */
  close(): Promise<void>
}

const look_limit_ms = 8_000

export function createFaults(
  record: SystemRecord,
  { api, view, client, observe }: { api: Api; view: ClusterView; client: PodClient; observe: Observations },
): SystemFaults {
  const { id: namespace, agent_image: image } = record
  const over = new AbortController()
  const agents: Agents = createAgents({ api, namespace, image })
  const nodes: Nodes | null = record.nodes === null ? null : containerNodes(record.nodes)
  const links = createLinkFaults(record.descriptor, view, agents, observe, over.signal)
  const machines = createMachineFaults(api, view, nodes, observe)
  const pods = createPodFaults({ api, namespace }, view, agents, observe)

  /** What agents hold that others have left: ours are known. */
  const leftInPods = async (): Promise<string[]> => {
    const talking = new Set(agents.all().map(({ pod }) => pod))
    const looked = view.pods().flatMap((pod) => {
      const container = runningAgent(pod)
      return container === undefined || talking.has(pod.metadata.name) ? [] : [{ pod: pod.metadata.name, container }]
    })
    const found = await Promise.all(
      looked.map(async ({ pod, container }) => {
        const tables = await runInPod(api, { namespace, pod, container }, ['nft', 'list', 'tables'], look_limit_ms)
        return tables.includes('slot_chaos') ? [`redirect in ${pod}`] : []
      }),
    )
    return found.flat()
  }
  const leftOnNamespace = async (): Promise<string[]> => {
    const { metadata } = await api.call<KubernetesObject>('GET', `/api/v1/namespaces/${namespace}`)
    const level = metadata.labels?.['pod-security.kubernetes.io/enforce']
    return level === 'restricted' ? [] : [`namespace ${namespace} admits pods as ${level ?? 'it likes'}`]
  }
  const cordoned = (): string[] =>
    nodes === null
      ? []
      : view.nodes().flatMap(({ metadata, spec }) => (spec?.unschedulable ? [`${metadata.name} is cordoned`] : []))
  const { residue: leftOfMachines, ...machinePort } = machines
  const { active, ...linkPort } = links
  const port: FaultPort = {
    ...pods,
    ...linkPort,
    ...machinePort,
    ...createCertificateFaults(record, { api, view, client, observe }),
    async undo({ operation, arguments: given }) {
      const argument = (name: string): string => String(given[name])
      if (operation === 'removeToxic') return links.removeToxic(argument('link'), argument('name'))
      if (operation === 'startRegion') return machines.startRegion(argument('region'))
      if (operation === 'resumeMachine') return machines.resumeMachine(argument('machine'))
      throw new Failure('NOT_UNDONE', `a cluster knows no undo '${operation}'`)
    },
    async residue() {
      const parts = await Promise.all([leftInPods(), leftOfMachines(), leftOnNamespace()]).catch((error: unknown) => {
        if (isGone(error)) return [] // the namespace is gone, and what was in it
        throw error
      })
      return [...active(), ...cordoned(), ...parts.flat()]
    },
  }
  return {
    port,
    async close() {
      over.abort()
      await agents.close()
    },
  }
}
