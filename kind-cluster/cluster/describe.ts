import { existsSync } from 'node:fs'
import { type Engine, runBeside } from '../sandbox/engine.ts'
import type { KindCluster } from './cluster.ts'
import { clusterName, contextName, gateway_ports, node_ports, nodes } from './configuration.ts'
import { existingCluster, isWhole } from './existing.ts'
import { type ClusterPlace, clusterPlace } from './place.ts'
import { clusterSettings } from './settings.ts'

const limit_ms = 30_000

interface Described {
  engine: Engine
  offline: boolean
  place: ClusterPlace
}

export async function describeCluster({ engine, offline, place }: Described): Promise<KindCluster> {
  const existing = await existingCluster(engine)
  const addressOf = (container: string): string =>
    existing?.containers.find(({ name }) => name === container)?.address ?? ''
  const read = ['exec', nodes[0]!.container, 'cat', '/kind/version']
  const { stdout } = await runBeside(engine, 'docker', read, { limit_ms })
  return {
    name: clusterName,
    kubeconfig: place.kubeconfig,
    context: contextName,
    engine,
    nodes: nodes.map((node) => ({ ...node, address: addressOf(node.container) })),
    gateway_ports,
    node_ports,
    settings: clusterSettings,
    offline,
    network_policies: !offline,
    kubernetes_version: stdout.trim().replace(/^v/, ''),
  }
}

export interface ClusterStatus {
  state: 'absent' | 'running' | 'stopped' | 'not ours'
  hash?: string
  containers: readonly { name: string; state: string }[]
  /** Present when it runs. */
  cluster?: KindCluster
  /** What somebody should know, one sentence each. */
  notes: string[]
}

export async function clusterStatus(engine: Engine): Promise<ClusterStatus> {
  const existing = await existingCluster(engine)
  if (existing === undefined) return { state: 'absent', containers: [], notes: [] }
  const { ours, hash, containers } = existing
  if (!ours) return { state: 'not ours', containers, notes: [`this project did not make the cluster ${clusterName}`] }
  if (!isWhole(existing)) {
    const stopped = containers
      .filter(({ state }) => state !== 'running')
      .map(({ name, state }) => `${name} is ${state}`)
    return { state: 'stopped', ...(hash && { hash }), containers, notes: stopped }
  }
  const place = clusterPlace(engine)
  const offline = await isOffline(engine)
  const cluster = await describeCluster({ engine, offline, place })
  const notes = cluster.network_policies
    ? []
    : ['NetworkPolicies have no effect: the pod network of nodes that are built offline does not enforce them']
  if (!existsSync(place.kubeconfig)) notes.push(`${place.kubeconfig} is missing: up makes the cluster anew`)
  return { state: 'running', ...(hash && { hash }), containers, cluster, notes }
}

/** By the image of its nodes. */
async function isOffline(engine: Engine): Promise<boolean> {
  const args = ['inspect', '--format', '{{.Config.Image}}', nodes[0]!.container]
  const { stdout } = await runBeside(engine, 'docker', args, { limit_ms })
  return stdout.startsWith('localhost/')
}
