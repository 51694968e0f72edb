import { Failure } from '#lib/errors.ts'
import type { Observations } from '#reports/record/observations.ts'
import type { FaultPort } from '../../target.ts'
import type { Api } from '../access/api.ts'
import { type Pod, isTrue } from '../access/objects.ts'
import type { Agents } from '../agent/agents.ts'
import { aboutPod, subjectOf } from '../watch/pods.ts'
import type { ClusterView } from '../watch/view.ts'

type PodFaults = Pick<FaultPort, 'kill' | 'stopProcesses' | 'startProcesses' | 'runningOf'> &
  Required<Pick<FaultPort, 'deletePods' | 'leaving'>>

/** The kubelet restarts what ends in a pod, and nobody can tell it not to. */
const cannotHold = (): Promise<never> =>
  Promise.reject(new Failure('NOT_SUPPORTED_BY_TARGET', 'a cluster cannot keep single processes down'))

export function createPodFaults(
  { api, namespace }: { api: Pick<Api, 'call'>; namespace: string },
  view: ClusterView,
  agents: Agents,
  observe: Observations,
): PodFaults {
  const find = (name: string): Pod => {
    const pod = view.pods().find((each) => each.metadata.name === name || subjectOf(each) === name)
    if (pod === undefined) throw new Failure('UNKNOWN_INSTANCE', `there is no pod ${name} in this system`)
    return pod
  }
  return {
    async kill(names) {
      const pods = names.map((name) => ({ name, pod: find(name) }))
      // All agents first, so that all processes end at once.
      const ready = await Promise.all(pods.map(async (each) => ({ ...each, agent: await agents.of(each.pod) })))
      const killed = await Promise.all(
        ready.map(async ({ name, pod, agent }) => {
          observe.event('killed', subjectOf(pod), aboutPod(pod))
          const { killed: found } = await agent.ask<{ killed: { pid: number }[] }>({ verb: 'kill' })
          // The first one is the parent of the others; the agent has seen them all gone.
          return found.slice(0, 1).map(({ pid }) => ({ instance: name, pid }))
        }),
      )
      return killed.flat()
    },
    stopProcesses: cannotHold,
    startProcesses: cannotHold,
    runningOf: cannotHold,
    async deletePods(names) {
      const pods = names.map(find)
      await Promise.all(
        pods.map((pod) => api.call('DELETE', `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}`)),
      )
    },
    async leaving(name) {
      const pod = view.pods().find((each) => each.metadata.name === name || subjectOf(each) === name)
      return pod === undefined || pod.metadata.deletionTimestamp !== undefined || !isTrue(pod, 'Ready')
    },
  }
}
