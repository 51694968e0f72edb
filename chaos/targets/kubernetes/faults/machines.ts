import { Failure } from '#lib/errors.ts'
import type { Observations } from '#reports/record/observations.ts'
import { regions } from '#sut/contracts/descriptor.ts'
import type { FaultPort } from '../../target.ts'
import type { Api } from '../access/api.ts'
import type { Nodes } from '../nodes.ts'
import { subjectOf } from '../watch/pods.ts'
import type { ClusterView } from '../watch/view.ts'

type MachineFaults = Pick<FaultPort, 'stopRegion' | 'startRegion' | 'runningIn' | 'gone'> &
  Required<Pick<FaultPort, 'machines' | 'pauseMachine' | 'resumeMachine' | 'probeMachine'>>

const probe_limit_ms = 2_000

/** `nodes` null: the machines of this cluster are not ours to break. */
export function createMachineFaults(
  api: Pick<Api, 'text'>,
  view: ClusterView,
  nodes: Nodes | null,
  observe: Observations,
): MachineFaults & { residue: () => Promise<string[]> } {
  const ours = (): Nodes => {
    if (nodes !== null) return nodes
    throw new Failure('NOT_SUPPORTED_BY_TARGET', 'the machines of this cluster cannot be broken from here')
  }
  const inRegion = (region: string): Nodes['all'] => {
    // The third zone holds the control plane: without it nothing here could be seen, or undone.
    const found = ours().all.filter((node) => node.region === region && regions.some((each) => each === region))
    if (found.length === 0) throw new Failure('UNKNOWN_INSTANCE', `there is no machine in region ${region}`)
    return found
  }
  const named = (machine: string): Nodes['all'][number] => {
    const node = ours().all.find(({ name }) => name === machine)
    if (node === undefined) throw new Failure('UNKNOWN_INSTANCE', `there is no machine ${machine}`)
    return node
  }
  const about = (machine: string): { region: string } => ({ region: named(machine).region })
  /** Main processes of machines that were killed. */
  const killed = new Map<number, string>()
  return {
    async stopRegion(region) {
      const machines = inRegion(region)
      const running = (await ours().states()).filter(({ name }) => machines.some((each) => each.name === name))
      const names = machines.map(({ name }) => name)
      const pods = view.pods().filter((pod) => names.includes(pod.spec?.nodeName ?? ''))
      observe.event('region-stopped', `region ${region}`, { region })
      for (const { pid, container } of running) if (pid > 0) killed.set(pid, container)
      await Promise.all(machines.map(({ container }) => ours().kill(container)))
      const [first] = running
      if (first === undefined) return []
      // What ran on a machine ends with it: its process stands for theirs.
      return [
        ...running.map(({ name, pid }) => ({ subject: `node ${name}`, pid })),
        ...pods.map((pod) => ({ subject: subjectOf(pod), pid: first.pid })),
      ]
    },
    async startRegion(region) {
      const machines = inRegion(region)
      const away = (await ours().states()).filter(({ state }) => state !== 'running').map(({ name }) => name)
      if (!machines.some(({ name }) => away.includes(name))) return
      observe.event('region-started', `region ${region}`, { region })
      await Promise.all(machines.map(({ container }) => ours().revive(container)))
    },
    async runningIn(region) {
      const names = inRegion(region).map(({ name }) => name)
      const states = (await ours().states()).filter(({ name, state }) => names.includes(name) && state === 'running')
      return states.map(({ name }) => `node ${name}`)
    },
    async gone(pid) {
      const container = killed.get(pid)
      if (container === undefined) return true // a process in a pod: its agent has seen it gone
      const now = (await ours().states()).find((each) => each.container === container)
      return now === undefined || now.state !== 'running' || now.pid !== pid
    },
    machines: async (region) => inRegion(region).map(({ name }) => name),
    async pauseMachine(machine) {
      const { container } = named(machine)
      if ((await ours().states()).find((each) => each.container === container)?.state === 'paused') return
      observe.event('node-paused', `node ${machine}`, about(machine))
      await ours().pause(container)
    },
    async resumeMachine(machine) {
      observe.event('node-resumed', `node ${machine}`, about(machine))
      await ours().revive(named(machine).container)
    },
    async probeMachine(machine) {
      named(machine)
      try {
        return await api.text(`/api/v1/nodes/${machine}/proxy/healthz`, { limit_ms: probe_limit_ms })
      } catch {
        return null
      }
    },
    async residue() {
      if (nodes === null) return []
      const states = await nodes.states()
      return states.filter(({ state }) => state !== 'running').map(({ name, state }) => `node ${name} is ${state}`)
    },
  }
}
