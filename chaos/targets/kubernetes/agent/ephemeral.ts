import { Failure, textOf } from '#lib/errors.ts'
import { newId } from '#lib/random.ts'
import { WaitedTooLong, waitFor } from '#lib/wait.ts'
import { podSecurity } from '#kind-cluster/manifests/manifests.ts'
import { type Api, ApiRefused } from '../access/api.ts'
import type { KubernetesObject, Pod } from '../access/objects.ts'

// A container that is put into a running pod; it stays in its description until the pod ends, so it is used again and again.

const prefix = 'chaos-agent-'
const start_limit_ms = 20_000
const admitted_limit_ms = 5_000
/** It holds nothing: what a fault needs lives as long as somebody talks to it (kind-cluster/agent/main.ts). */
const idle = ['sleep', '3600']

/** Pods of a namespace are admitted as `restricted`; an agent must change rules of the network and end foreign processes. */
const agentContainer = (name: string, image: string): object => ({
  name,
  image,
  command: idle,
  imagePullPolicy: 'IfNotPresent',
  terminationMessagePolicy: 'FallbackToLogsOnError',
  securityContext: {
    runAsUser: 0,
    runAsGroup: 0,
    runAsNonRoot: false,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'KILL', 'SETUID', 'SETGID'] },
  },
})

export const isAgent = (name: string): boolean => name.startsWith(prefix)

export function runningAgent({ status }: Pod): string | undefined {
  return status?.ephemeralContainerStatuses?.find(({ name, state }) => isAgent(name) && state?.running !== undefined)
    ?.name
}

export interface Admission {
  /** While `work` runs, the namespace admits what it otherwise refuses. */
  during<T>(work: () => Promise<T>): Promise<T>
}

export function createAdmission(api: Pick<Api, 'call'>, namespace: string): Admission {
  let users = 0
  let last: Promise<unknown> = Promise.resolve()
  const set = (level: 'restricted' | 'privileged'): Promise<unknown> =>
    (last = last
      .catch(() => undefined)
      .then(() =>
        api.call('PATCH', `/api/v1/namespaces/${namespace}`, {
          patch: 'merge',
          body: { metadata: { labels: podSecurity(level) } },
        }),
      ))
  return {
    async during(work) {
      if (users++ === 0) void set('privileged')
      try {
        await last
        return await work()
      } finally {
        if (--users === 0) await set('restricted')
      }
    },
  }
}

/** Gives the name of the container of a pod's agent, which is started when none runs. Throws FAULT_NOT_EFFECTIVE. */
export async function ensureAgent(
  {
    api,
    namespace,
    image,
    admission,
  }: { api: Pick<Api, 'call'>; namespace: string; image: string; admission: Admission },
  pod: Pod,
): Promise<string> {
  const running = runningAgent(pod)
  if (running !== undefined) return running
  const name = `${prefix}${newId().slice(0, 8)}`
  const path = `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}`
  const body = { spec: { ephemeralContainers: [agentContainer(name, image)] } }
  let refused = ''
  const added = async (): Promise<boolean> => {
    try {
      await api.call('PATCH', `${path}/ephemeralcontainers`, { patch: 'strategic', body })
      return true
    } catch (error) {
      // Admission reads the namespace's labels from a cache.
      if (!(error instanceof ApiRefused) || error.status !== 403) throw error
      refused = error.message
      return false
    }
  }
  const failed = (text: string): Failure =>
    new Failure('FAULT_NOT_EFFECTIVE', `the agent did not start in ${pod.metadata.name}: ${text}`)
  try {
    await admission.during(() => waitFor(added, { what: 'the agent to be admitted', limit_ms: admitted_limit_ms }))
    let state = ''
    const started = async (): Promise<boolean> => {
      const now = await api.call<Pod & KubernetesObject>('GET', path)
      const own = now.status?.ephemeralContainerStatuses?.find((each) => each.name === name)
      state = own?.state?.waiting?.reason ?? own?.state?.terminated?.message ?? own?.state?.terminated?.reason ?? ''
      if (own?.state?.terminated !== undefined) throw failed(state)
      return own?.state?.running !== undefined
    }
    await waitFor(started, { what: `the agent (${state || 'waiting'})`, limit_ms: start_limit_ms, every_ms: 100 })
  } catch (error) {
    if (error instanceof WaitedTooLong) throw failed(refused || textOf(error))
    throw error
  }
  return name
}
