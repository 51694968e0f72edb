import type { Clock } from '#lib/clock.ts'
import type { Observations } from '#reports/record/observations.ts'
import type { Api } from '../access/api.ts'
import {
  type Autoscaler,
  type ConfigMap,
  type EndpointSlice,
  type KubernetesObject,
  type Node,
  type Pod,
  isInstance,
  isTrue,
  workloadOf,
} from '../access/objects.ts'
import { scalingOf } from './autoscalers.ts'
import { routedPods, routingChanges } from './endpoints.ts'
import { nodeEvents } from './nodes.ts'
import { aboutPod, podEvents, subjectOf } from './pods.ts'
import type { PostgresState } from './patroni.ts'
import { createPostgresView } from './postgres-view.ts'
import { type Watched, watchObjects } from './watched.ts'

/** What Kubernetes says of a system, kept up to date by watches; all that changes is told to `observe`. */
export interface ClusterView {
  /** Every list is there. */
  readonly listed: Promise<unknown>
  pods(): Pod[]
  instances(): Pod[]
  storePods(store: string): Pod[]
  everReady(pod: Pod): boolean
  nodes(): Node[]
  postgres(): PostgresState
}

export interface ViewOptions {
  api: Pick<Api, 'call' | 'stream'>
  namespace: string
  clock: Clock
  observe: Observations
  signal: AbortSignal
}

export function createView({ api, namespace, clock, observe, signal }: ViewOptions): ClusterView {
  const inNamespace = `/namespaces/${namespace}`
  const follow = <T extends KubernetesObject>(
    path: string,
    changed: (before: T | undefined, after: T | undefined) => void,
  ): Watched<T> =>
    watchObjects<T>({
      api,
      path,
      changed,
      signal,
      broken: (reason) => observe.event('watch-broken', path, { detail: reason }),
    })

  const ever_ready = new Set<string>()
  const pods = follow<Pod>(`/api/v1${inNamespace}/pods`, (before, after) => {
    const pod = (after ?? before)!
    const key = pod.metadata.uid ?? pod.metadata.name
    if (after === undefined) ever_ready.delete(key)
    else if (isTrue(after, 'Ready')) ever_ready.add(key)
    for (const { event, detail } of podEvents(before, after))
      observe.event(event, subjectOf(pod), { ...aboutPod(pod), ...(detail !== undefined && { detail }) })
    postgres()
  })
  let routed = new Set<string>()
  const slices = follow<EndpointSlice>(`/apis/discovery.k8s.io/v1${inNamespace}/endpointslices`, () => {
    const now = routedPods(slices.objects.values())
    for (const { pod: name, event } of routingChanges(routed, now)) {
      const pod = pods.objects.get(name)
      // Nodes of stores keep their names while they are not ready: theirs say nothing.
      if (pod !== undefined && isInstance(pod)) observe.event(event, pod.metadata.name, aboutPod(pod))
    }
    routed = now
  })
  const scalers = follow<Autoscaler>(`/apis/autoscaling/v2${inNamespace}/horizontalpodautoscalers`, (before, after) => {
    const scaling = scalingOf(before, after)
    if (scaling !== null) observe.scaling(scaling)
  })
  const nodes = follow<Node>('/api/v1/nodes', (before, after) => {
    const node = (after ?? before)!
    const region = node.metadata.labels?.['topology.kubernetes.io/region']
    for (const { event, detail } of nodeEvents(before, after))
      observe.event(event, `node ${node.metadata.name}`, {
        ...(region !== undefined && { region }),
        ...(detail !== undefined && { detail }),
      })
  })
  const leading = createPostgresView(clock, observe)
  const maps = follow<ConfigMap>(`/api/v1${inNamespace}/configmaps`, () => void postgres())

  const storePods = (store: string): Pod[] => [...pods.objects.values()].filter((pod) => workloadOf(pod) === store)
  // Called by watches that may come before the others have begun.
  function postgres(): PostgresState {
    return leading.look(storePods('postgres'), maps?.objects.values() ?? [])
  }
  return {
    listed: Promise.all([pods, slices, scalers, nodes, maps].map(({ listed }) => listed)),
    pods: () => [...pods.objects.values()],
    instances: () => [...pods.objects.values()].filter(isInstance),
    storePods,
    everReady: ({ metadata }) => ever_ready.has(metadata.uid ?? metadata.name),
    nodes: () => [...nodes.objects.values()],
    postgres,
  }
}
