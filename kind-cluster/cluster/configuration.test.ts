import { expect, test } from 'vitest'
import {
  type ClusterRequest,
  configurationHash,
  configurationLabel,
  encryptionConfiguration,
  kindConfiguration,
  nodes,
} from './configuration.ts'
import { clusterSettings } from './settings.ts'

interface Written {
  featureGates?: Record<string, boolean>
  kubeadmConfigPatches: string[]
  networking: { apiServerAddress: string }
  nodes: {
    role: string
    image: string
    labels: Record<string, string>
    extraPortMappings?: { listenAddress: string; containerPort: number; hostPort: number }[]
    extraMounts?: { hostPath: string }[]
  }[]
}

const request: ClusterRequest = {
  node_image: 'localhost/node:1',
  sandboxed: true,
  cgroup_version: 1,
  encryption_folder: '/somewhere/encryption',
  addons: 'metrics-server 1',
}
const written = (change: Partial<ClusterRequest> = {}): Written =>
  kindConfiguration({ ...request, ...change }, 'abc') as Written
const patch = (kind: string, change: Partial<ClusterRequest> = {}): string =>
  written(change).kubeadmConfigPatches.find((text) => text.includes(`"${kind}"`))!

test('a control plane in zone c and a worker in each serving region, as kind names them', () => {
  expect(nodes.map(({ name, region, role }) => [name, region, role])).toEqual([
    ['slot-chaos-control-plane', 'c', 'control-plane'],
    ['slot-chaos-worker', 'a', 'worker'],
    ['slot-chaos-worker2', 'b', 'worker'],
  ])
  const labels = written().nodes.map((node) => node.labels)
  expect(labels.map((each) => each['topology.kubernetes.io/region'])).toEqual(['c', 'a', 'b'])
  expect(labels.every((each) => each[configurationLabel] === 'abc')).toBe(true)
})

test('nothing listens on another address than 127.0.0.1', () => {
  expect(written().networking.apiServerAddress).toBe('127.0.0.1')
  const mappings = written().nodes.flatMap((node) => node.extraPortMappings ?? [])
  expect(mappings.map(({ containerPort, hostPort }) => [containerPort, hostPort])).toEqual([
    [30443, 31443],
    [30444, 31444],
  ])
  expect(mappings.every(({ listenAddress }) => listenAddress === '127.0.0.1')).toBe(true)
})

test('the time-outs that decide recovery are set, as reports print them', () => {
  expect(patch('ClusterConfiguration')).toContain(
    `{"name":"node-monitor-grace-period","value":"${clusterSettings.node_monitor_grace_period_s}s"}`,
  )
  expect(patch('ClusterConfiguration')).toContain('{"name":"default-unreachable-toleration-seconds","value":"10"}')
  expect(patch('KubeletConfiguration')).toContain('"nodeStatusUpdateFrequency":"4s"')
})

test('what only a sandbox or an old kernel needs is only there', () => {
  expect(written().featureGates).toEqual({ KubeletInUserNamespace: true })
  expect(written({ sandboxed: false }).featureGates).toBeUndefined()
  expect(patch('KubeletConfiguration')).toContain('"failCgroupV1":false')
  expect(patch('KubeletConfiguration', { cgroup_version: 2 })).not.toContain('failCgroupV1')
})

test('Secrets are encrypted with a key that only the control plane is given', () => {
  expect(patch('ClusterConfiguration')).toContain('encryption-provider-config')
  expect(written().nodes.map(({ extraMounts }) => extraMounts?.[0]?.hostPath)).toEqual([
    '/somewhere/encryption',
    undefined,
    undefined,
  ])
  const [first] = (encryptionConfiguration('a2V5') as { resources: { providers: object[] }[] }).resources
  expect(first?.providers[0]).toEqual({ secretbox: { keys: [{ name: 'key1', secret: 'a2V5' }] } })
})

test('the hash tells clusters apart that must not be taken for each other, and does not depend on a folder', () => {
  const hash = configurationHash(request)
  expect(hash).toMatch(/^[0-9a-f]{12}$/)
  expect(configurationHash({ ...request, encryption_folder: '/elsewhere' })).toBe(hash)
  const others: Partial<ClusterRequest>[] = [
    { node_image: 'localhost/node:2' },
    { addons: 'metrics-server 2' },
    { sandboxed: false },
    { settings: { ...clusterSettings, node_monitor_grace_period_s: 40 } },
  ]
  const hashes = others.map((change) => configurationHash({ ...request, ...change }))
  expect(new Set([hash, ...hashes]).size).toBe(others.length + 1)
})
