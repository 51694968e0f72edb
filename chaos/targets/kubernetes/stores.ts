import { pause } from '#lib/wait.ts'
import { ports } from '#kind-cluster/manifests/names.ts'
import { sentinelGroup } from '#sut/deployment/store-settings.ts'
import { observer } from '#sut/deployment/store-users.ts'
import type { Api } from './access/api.ts'
import { type Pod, isTrue, regionOf } from './access/objects.ts'
import { type PodProgram, startInPod } from './access/run-in-pod.ts'
import type { PodClient } from './operations.ts'
import type { ClusterView } from './watch/view.ts'

/** Who leads Redis and NATS, by region. PostgreSQL's leader is in the API of Kubernetes: watch/patroni.ts. */
export interface StoreStates {
  redis(): Promise<string | null>
  nats(): Promise<{ leader: string | null; nodes_ready: number }>
}

export interface StoreOptions {
  api: Pick<Api, 'exec'>
  namespace: string
  signal: AbortSignal
}

/** What a Sentinel said longer ago than this is not known any more. */
const heard_max_ms = 5_000

export function createStoreStates(options: StoreOptions, view: ClusterView, client: PodClient): StoreStates {
  const sentinel = { address: null as string | null, heard_ms: -Infinity }
  void listenToSentinels(options, view, sentinel)
  const natsStatus = async (pod: Pod) => {
    const answer = await client.json<{ meta_cluster?: { leader?: string } }>(pod.metadata.name, '/jsz', {
      port: ports.monitor,
    })
    return answer?.meta_cluster?.leader
  }
  return {
    async redis() {
      const { address, heard_ms } = sentinel
      if (address === null || performance.now() - heard_ms > heard_max_ms) return null
      return redisRegion(address, view.storePods('redis'))
    },
    async nats() {
      const pods = view.storePods('nats')
      const leaders = await Promise.all(pods.filter((pod) => isTrue(pod, 'Ready')).map(natsStatus))
      const leader = leaders.find((each) => each !== undefined && each !== '')
      return {
        leader: leader?.replace(/^nats-/, '').replace(/-\d+$/, '') ?? null,
        nodes_ready: leaders.filter((each) => each !== undefined).length,
      }
    },
  }
}

/** Sentinel names the leader by host name or by address. */
export function redisRegion(address: string, pods: readonly Pod[]): string | null {
  const pod = pods.find(({ metadata, status }) => status?.podIP === address || address.startsWith(`${metadata.name}.`))
  return (pod === undefined ? /^redis-([a-z])\b/.exec(address)?.[1] : regionOf(pod)) ?? null
}

/** Asks one Sentinel every second, over one connection; another one when it falls silent. */
async function listenToSentinels(
  { api, namespace, signal }: StoreOptions,
  view: ClusterView,
  heard: { address: string | null; heard_ms: number },
): Promise<void> {
  const question = ['SENTINEL', 'get-master-addr-by-name', sentinelGroup]
  // The password is in its environment.
  const command = ['redis-cli', '--user', observer, '-p', String(ports.sentinel)]
  const take = (line: string): void => {
    // Two lines, the host and the port: the host is what is no number.
    if (line === '' || /^\d+$/.test(line)) return
    heard.address = line
    heard.heard_ms = performance.now()
  }
  await view.listed.catch(() => undefined)
  for (let turn = 0; !signal.aborted; turn++) {
    // The one in the third zone first: regions are what faults take away.
    const ready = view.storePods('sentinel').filter((pod) => isTrue(pod, 'Ready'))
    const sorted = ready.toSorted((one, other) => (regionOf(one)! < regionOf(other)! ? 1 : -1))
    const pod = sorted[turn % Math.max(1, sorted.length)]
    let program: PodProgram | undefined
    try {
      if (pod !== undefined) {
        const place = { namespace, pod: pod.metadata.name, container: pod.spec!.containers[0]!.name }
        program = await startInPod(api, place, [...command, '-r', '-1', '-i', '1', ...question], take)
        await untilSilent(program, () => performance.now() - heard.heard_ms, signal)
      }
    } catch {
      // The next turn asks another one.
    } finally {
      program?.close()
    }
    await pause(500, signal).catch(() => undefined)
  }
}

async function untilSilent(program: PodProgram, silent_ms: () => number, signal: AbortSignal): Promise<void> {
  const ended = new AbortController()
  void program.ended.then(() => ended.abort())
  const over = AbortSignal.any([signal, ended.signal])
  // The first answer may take its time.
  for (let grace = 10; !over.aborted && (grace > 0 || silent_ms() < heard_max_ms); grace--)
    await pause(1_000, over).catch(() => undefined)
}
