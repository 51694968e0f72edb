import type { Engine } from '../sandbox/engine.ts'

export interface KindNode {
  /** Of the Kubernetes node and of its container: kind gives both the same. */
  name: string
  container: string
  /** On the network that all nodes are on; what stands beside the engine (its namespace, or this machine on Linux) reaches it. */
  address: string
  region: 'a' | 'b' | 'c'
  zone: string
  role: 'control-plane' | 'worker'
}

/** A cluster of ours that answers. */
export interface KindCluster {
  readonly name: string
  /** File; its server address is on 127.0.0.1 of the engine's network namespace. */
  readonly kubeconfig: string
  readonly context: string
  readonly engine: Engine
  readonly nodes: readonly KindNode[]
  /** Port on 127.0.0.1 by region; behind it is the node port of the same region. */
  readonly gateway_ports: { readonly a: number; readonly b: number }
  /** For the gateways' Services: `nodePort`, with externalTrafficPolicy Local. */
  readonly node_ports: { readonly a: number; readonly b: number }
  /** Time-outs that decide recovery, as they are set in this cluster. */
  readonly settings: Readonly<Record<string, string | number>>
  /** Built here from Go modules and Debian packages, no registry asked. */
  readonly offline: boolean
  /** False: NetworkPolicies are accepted and have no effect. */
  readonly network_policies: boolean
  readonly kubernetes_version: string
}

/** References to be named in pods, with imagePullPolicy IfNotPresent: every node has them. */
export interface ClusterImages {
  /** node, the services' code and their production dependencies; user 10001, no shell. Working directory /app. */
  service: string
  /** Debian: PostgreSQL 17, Patroni, Redis with Sentinel, NATS. */
  stores: string
  /** nft, conntrack, toxiproxy-server, node and the agent's own program. */
  agent: string
}
