import { availableParallelism } from 'node:os'
import { clusterStatus } from '#kind-cluster/cluster/describe.ts'
import { clusterDown } from '#kind-cluster/cluster/down.ts'
import type { KindCluster } from '#kind-cluster/cluster/cluster.ts'
import { ensureCluster } from '#kind-cluster/cluster/up.ts'
import { ensureImages } from '#kind-cluster/images/load.ts'
import { ownZones } from '#kind-cluster/manifests/request.ts'
import { type Engine, ensureEngine, runningEngine } from '#kind-cluster/sandbox/engine.ts'
import { type NodesAccess, allRecords, removeRecord } from '../kubernetes/state.ts'
import { clusterTarget } from '../kubernetes/target.ts'
import type { Place } from '../kubernetes/up.ts'
import { type PreparePorts, type Target, type TargetOptions, capabilities } from '../target.ts'

/**
 * All nodes share this machine, with the control plane: pods ask for less than where each node is a machine, or they would not all
 * be placed; the peak of a surge is to need two of them, in the middle between one and three, for with so few requests their rate
 * varies by half; and while one pod starts all others feel it (docs/decisions/005).
 */
const load_percent = Math.min(100, 5 * availableParallelism())
const shares = {
  cpu_request_percent: 40,
  requests_target_percent: Math.round(load_percent * 1.2),
  slo_latency_percent: 200,
  // Three servers of one disk write each event six times. No fault here takes what a kernel has not written yet.
  nats_sync_interval: '1s',
}

/** A cluster of containers on this machine, made once and kept: the target kubernetes, and machines that can be broken. */
export const kind: Target = {
  ...clusterTarget({ name: 'kind', capabilities: capabilities.filter((each) => each !== 'requests.hold'), place }),
  load_percent,
  ground: { status, remove },
}

async function place(options: TargetOptions, { progress, signal }: PreparePorts): Promise<Place> {
  const sandbox = options.sandbox ?? (await onlySandboxRuns())
  const engine = await ensureEngine({ sandbox, progress, signal })
  const cluster = await ensureCluster({ engine, offline: options.offline, progress, signal })
  const images = await ensureImages(cluster, { progress, signal })
  return placeOf(cluster, images)
}

export function placeOf(cluster: KindCluster, images: Place['images']): Place {
  const { kubeconfig, context, engine, gateway_ports, node_ports, settings, kubernetes_version, offline } = cluster
  return {
    target: 'kind',
    access: { kubeconfig, context },
    network_namespace: engine.namespace,
    nodes: nodesAccess(cluster),
    images,
    zones: ownZones,
    node_ports,
    gateways: (['a', 'b'] as const).map((region) => ({ region, url: `https://127.0.0.1:${gateway_ports[region]}` })),
    gateway_names: [],
    versions: { kubernetes: kubernetes_version, docker: engine.version, images: offline ? 'built here' : 'official' },
    settings,
    manifest_settings: shares,
  }
}

/** A warden must find the engine again: the command is written down as it is to be started. */
function nodesAccess({ engine, nodes }: KindCluster): NodesAccess {
  const [program, before] = engine.wrap('docker', [])
  return {
    command: [program, ...before],
    environment: { ...engine.environment },
    nodes: nodes.map(({ name, region, container }) => ({ name, region, container })),
  }
}

/** Whoever has started a sandbox means it, until an engine of the machine's own answers. */
async function onlySandboxRuns(): Promise<boolean> {
  if ((await runningEngine({ sandbox: false })) !== undefined) return false
  return (await runningEngine({ sandbox: true })) !== undefined
}

async function engines(): Promise<{ sandbox: boolean; engine: Engine }[]> {
  const found = await Promise.all(
    [false, true].map(async (sandbox) => ({ sandbox, engine: await runningEngine({ sandbox }) })),
  )
  return found.flatMap(({ sandbox, engine }) => (engine === undefined ? [] : [{ sandbox, engine }]))
}

async function status(): Promise<string[]> {
  const looks = await Promise.all(
    (await engines()).map(async ({ sandbox, engine }) => {
      const { state, cluster, notes } = await clusterStatus(engine)
      const where = sandbox ? `sandbox ${engine.namespace}` : 'the Docker engine of this machine'
      const version = cluster === undefined ? '' : `, Kubernetes ${cluster.kubernetes_version}`
      return [`kind cluster in ${where}: ${state}${version}`, ...notes.map((note) => `  ${note}`)]
    }),
  )
  return looks.flat()
}

/** What was on the cluster goes with it. */
async function remove({ sandbox }: TargetOptions, progress: (text: string) => void): Promise<string[]> {
  const sandboxed = sandbox ?? (await onlySandboxRuns())
  const removed = await clusterDown({ sandbox: sandboxed, progress })
  for (const { id, target, network_namespace } of await allRecords())
    if (target === 'kind' && (network_namespace !== null) === sandboxed) await removeRecord(id)
  return removed
}
