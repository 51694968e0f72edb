import { createHash } from 'node:crypto'
import { subnets } from '../offline/versions.ts'
import type { KindNode } from './cluster.ts'
import { type ClusterSettings, clusterSettings } from './settings.ts'

// What kind is told: a control plane in zone c, a worker in each serving region. Pure; a kind configuration may be JSON.

export const clusterName = 'slot-chaos'
export const contextName = `kind-${clusterName}`
/** A cluster-wide number each, since externalTrafficPolicy Local answers only on the nodes of its own region. */
export const node_ports = { a: 30443, b: 30444 } as const
export const gateway_ports = { a: 31443, b: 31444 } as const

/** On every node: which configuration it was made with, and that it is ours. */
export const configurationLabel = 'slot-chaos/configuration'
export const encryptionFolder = '/etc/kubernetes/encryption'

export interface ClusterRequest {
  /** Image of the nodes. */
  node_image: string
  /** Inside a sandbox root lacks capabilities that a kubelet asks for, and does not need for pods. */
  sandboxed: boolean
  cgroup_version: 1 | 2
  /** Folder on this machine with the file that holds the key for Secrets. */
  encryption_folder: string
  /** What the harness puts into the cluster beside the nodes; part of the hash. */
  addons: string
  settings?: ClusterSettings
}

/** Names as kind gives them. */
export const nodes: readonly Omit<KindNode, 'address'>[] = [
  { name: `${clusterName}-control-plane`, region: 'c', role: 'control-plane' } as const,
  { name: `${clusterName}-worker`, region: 'a', role: 'worker' } as const,
  { name: `${clusterName}-worker2`, region: 'b', role: 'worker' } as const,
].map((node) => ({ ...node, container: node.name, zone: node.region }))

/** Twelve characters that differ when anything differs that a cluster must be made anew for; the key of Secrets is no part of it. */
export function configurationHash(request: ClusterRequest): string {
  const { addons, settings = clusterSettings } = request
  const configuration = kindConfiguration({ ...request, encryption_folder: '' }, '')
  return createHash('sha256').update(JSON.stringify({ configuration, addons, settings })).digest('hex').slice(0, 12)
}

export function kindConfiguration(request: ClusterRequest, hash: string): object {
  const { sandboxed, node_image, encryption_folder } = request
  return {
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    name: clusterName,
    ...(sandboxed && { featureGates: { KubeletInUserNamespace: true } }),
    networking: { apiServerAddress: '127.0.0.1', podSubnet: subnets.pods, serviceSubnet: subnets.services },
    kubeadmConfigPatches: [kubeletPatch(request), controlPlanePatch(request)].map((patch) => JSON.stringify(patch)),
    nodes: nodes.map(({ role, region, zone }) => ({
      role,
      image: node_image,
      labels: {
        'topology.kubernetes.io/region': region,
        'topology.kubernetes.io/zone': zone,
        [configurationLabel]: hash,
      },
      ...(region === 'c'
        ? { extraMounts: [{ hostPath: encryption_folder, containerPath: encryptionFolder, readOnly: true }] }
        : { extraPortMappings: [portMapping(region)] }),
    })),
  }
}

const portMapping = (region: 'a' | 'b'): object => ({
  containerPort: node_ports[region],
  hostPort: gateway_ports[region],
  listenAddress: '127.0.0.1',
  protocol: 'TCP',
})

function kubeletPatch({ cgroup_version, settings = clusterSettings }: ClusterRequest): object {
  return {
    kind: 'KubeletConfiguration',
    ...(cgroup_version === 1 && { failCgroupV1: false }),
    nodeStatusUpdateFrequency: `${settings.node_status_update_s}s`,
    nodeLeaseDurationSeconds: settings.node_lease_duration_s,
    serializeImagePulls: false,
  }
}

function controlPlanePatch({ settings = clusterSettings }: ClusterRequest): object {
  const flags = (values: Record<string, string>): object[] =>
    Object.entries(values).map(([name, value]) => ({ name, value }))
  return {
    kind: 'ClusterConfiguration',
    controllerManager: {
      extraArgs: flags({
        'node-monitor-grace-period': `${settings.node_monitor_grace_period_s}s`,
        'node-monitor-period': `${settings.node_monitor_period_s}s`,
        'horizontal-pod-autoscaler-sync-period': `${settings.hpa_sync_period_s}s`,
        'horizontal-pod-autoscaler-cpu-initialization-period': `${settings.hpa_cpu_initialization_period_s}s`,
        'horizontal-pod-autoscaler-initial-readiness-delay': `${settings.hpa_initial_readiness_delay_s}s`,
      }),
    },
    apiServer: {
      extraArgs: flags({
        'default-not-ready-toleration-seconds': String(settings.default_not_ready_toleration_s),
        'default-unreachable-toleration-seconds': String(settings.default_unreachable_toleration_s),
        'encryption-provider-config': `${encryptionFolder}/configuration.json`,
      }),
      extraVolumes: [
        {
          name: 'encryption',
          hostPath: encryptionFolder,
          mountPath: encryptionFolder,
          readOnly: true,
          pathType: 'Directory',
        },
      ],
    },
  }
}

/** Secrets are encrypted before they reach etcd; what was written before can still be read ("identity"). */
export function encryptionConfiguration(key_base64: string): object {
  return {
    kind: 'EncryptionConfiguration',
    apiVersion: 'apiserver.config.k8s.io/v1',
    resources: [
      {
        resources: ['secrets'],
        providers: [{ secretbox: { keys: [{ name: 'key1', secret: key_base64 }] } }, { identity: {} }],
      },
    ],
  }
}
