import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import { ensureImages } from '../images/load.ts'
import { type Engine, ensureEngine, runBeside } from '../sandbox/engine.ts'
import { sandboxPlace } from '../sandbox/place.ts'
import { processesIn } from '../sandbox/remove.ts'
import type { KindCluster } from './cluster.ts'
import { gateway_ports } from './configuration.ts'
import { clusterStatus } from './describe.ts'
import { clusterDown } from './down.ts'
import { existingCluster } from './existing.ts'
import { kubectl } from './inside.ts'
import { clusterPlace } from './place.ts'
import { deleteCluster, ensureCluster } from './up.ts'

// A whole cluster in a sandbox of its own, from its first start until nothing is left. Needs root on Linux and a dockerd; the
// node image comes from the cache, or is built, which takes long.

const limit_ms = 30_000
const boot_limit_ms = 60 * 60_000
let said: string[] = []
const progress = (text: string): void => {
  said.push(text)
  console.log(text)
}
let engine: Engine
let cluster: KindCluster

const docker = async (...args: string[]): Promise<string> =>
  (await runBeside(engine, 'docker', args, { limit_ms })).stdout.trim()

beforeAll(async () => {
  vi.stubEnv('SLOT_CHAOS_SANDBOX', 'slot-chaos-test')
  await clusterDown({ sandbox: true, progress })
  engine = await ensureEngine({ sandbox: true, progress })
}, 120_000)

afterAll(async () => {
  await clusterDown({ sandbox: true, progress })
  vi.unstubAllEnvs()
}, 120_000)

test('a sandbox has no way out, and starting it again gives the same one', async () => {
  const { stdout } = await runBeside(engine, 'ip', ['route', 'show', 'default'], { limit_ms })
  expect(stdout).toBe('')
  expect((await ensureEngine({ sandbox: true, progress })).namespace).toBe(engine.namespace)
})

test('a port that is taken is named, and nothing half-made is left', { timeout: boot_limit_ms }, async () => {
  const listen = `require('node:net').createServer().listen(${gateway_ports.a}, '127.0.0.1', () => console.log('listens'))`
  const [program, args] = engine.wrap(process.execPath, ['-e', listen])
  const listener = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await new Promise((resolve) => listener.stdout.once('data', resolve))
    const refused = ensureCluster({ engine, progress })
    await expect(refused).rejects.toMatchObject({ code: 'PORT_TAKEN' })
    await expect(refused).rejects.toThrow(String(gateway_ports.a))
  } finally {
    listener.kill()
  }
  expect(await docker('ps', '--all', '--quiet')).toBe('')
  expect(existsSync(clusterPlace(engine).folder)).toBe(false)
})

test('a control plane in zone c and a worker in each region, all ready', { timeout: boot_limit_ms }, async () => {
  cluster = await ensureCluster({ engine, progress })
  expect(cluster).toMatchObject({ name: 'slot-chaos', context: 'kind-slot-chaos', offline: true })
  expect(cluster.nodes.map(({ region, role }) => `${region} ${role}`)).toEqual([
    'c control-plane',
    'a worker',
    'b worker',
  ])
  expect(cluster.nodes.every(({ address }) => /^\d+\.\d+\.\d+\.\d+$/.test(address))).toBe(true)
  const columns =
    'custom-columns=R:.metadata.labels.topology\\.kubernetes\\.io/region,S:.status.conditions[?(@.type=="Ready")].status'
  const text = await kubectl({ engine }, ['get', 'nodes', '--no-headers', '-o', columns])
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => line.replace(/\s+/, ' '))
      .toSorted(),
  ).toEqual(['a True', 'b True', 'c True'])
  expect(await clusterStatus(engine)).toMatchObject({
    state: 'running',
    notes: [expect.stringContaining('NetworkPolicies')] as string[],
  })
})

test('what listens outside of containers listens on 127.0.0.1', async () => {
  const ports = await docker('ps', '--format', '{{.Ports}}')
  const published = ports.split(/[\n,]/).filter((line) => line.includes('->'))
  expect(published.length).toBe(3)
  expect(published.every((line) => line.trim().startsWith('127.0.0.1:'))).toBe(true)
})

test('no worker takes the whole machine', async () => {
  const format = '{{.HostConfig.CpuQuota}} {{.HostConfig.CpuPeriod}}'
  const lines = await docker('inspect', '--format', format, ...cluster.nodes.map(({ container }) => container))
  const worker = `${availableParallelism() * 0.4 * 20_000} 20000`
  expect(lines.trim().split('\n')).toEqual(['0 0', worker, worker])
})

test('Secrets are encrypted where they are kept', { timeout: limit_ms }, async () => {
  await kubectl({ engine }, ['create', 'secret', 'generic', 'probe', '--from-literal=word=plain-to-see'])
  const count = async (word: string): Promise<number> => {
    const line = `cat /var/lib/etcd/member/wal/*.wal | grep -ac '${word}' || true`
    return Number(await docker('exec', 'slot-chaos-control-plane', 'sh', '-c', line))
  }
  expect(await count('k8s:enc:secretbox')).toBeGreaterThan(0)
  expect(await count('plain-to-see')).toBe(0)
  await kubectl({ engine }, ['delete', 'secret', 'probe'])
})

test('CPU of nodes can be read, and KEDA knows its objects', { timeout: 120_000 }, async () => {
  const readings = async (): Promise<boolean> => {
    const text = await kubectl({ engine }, ['top', 'nodes', '--no-headers']).catch(() => '')
    return text.trim().split('\n').length === 3
  }
  await waitFor(readings, { what: 'CPU of three nodes', limit_ms: 90_000, every_ms: 1_000 })
  expect(await kubectl({ engine }, ['get', 'crd', '-o', 'name'])).toContain('scaledobjects.keda.sh')
})

test('a second start changes nothing; a paused node runs again', { timeout: 300_000 }, async () => {
  const before = await docker('ps', '--quiet', '--no-trunc')
  await ensureCluster({ engine, progress })
  expect(await docker('ps', '--quiet', '--no-trunc')).toBe(before)
  await docker('pause', 'slot-chaos-worker')
  expect(await clusterStatus(engine)).toMatchObject({ state: 'stopped', notes: ['slot-chaos-worker is paused'] })
  await ensureCluster({ engine, progress })
  expect(await docker('ps', '--quiet', '--no-trunc')).toBe(before)
  expect(await clusterStatus(engine)).toMatchObject({ state: 'running' })
})

test('images are in every node; the second time nothing is built or loaded', { timeout: boot_limit_ms }, async () => {
  const images = await ensureImages(cluster, { progress })
  said = []
  expect(await ensureImages(cluster, { progress })).toEqual(images)
  expect(said).toEqual([])
  for (const { container } of cluster.nodes) {
    const list = await docker('exec', container, 'ctr', '--namespace', 'k8s.io', 'images', 'list', '--quiet')
    for (const image of Object.values(images)) expect(list.split('\n')).toContain(image)
  }
})

test('the service image runs without a shell, as nobody in particular', { timeout: limit_ms }, async () => {
  const { service } = await ensureImages(cluster, { progress })
  const run = (...args: string[]): Promise<string> => docker('run', '--rm', '--read-only', '--network=none', ...args)
  expect(await run(service, '-p', 'process.getuid() + " " + process.version')).toBe(`10001 ${process.version}`)
  await run(service, '-e', "import('/app/node_modules/@node-rs/argon2/index.js')")
  await expect(run('--entrypoint=/bin/sh', service, '-c', 'true')).rejects.toThrow()
})

test('a cluster of the same name that is not ours is refused and left alone', { timeout: 300_000 }, async () => {
  const { stores } = await ensureImages(cluster, { progress })
  await deleteCluster(engine, { progress })
  await deleteCluster(engine, { progress })
  expect(await existingCluster(engine)).toBeUndefined()
  const mark = ['--label', 'io.x-k8s.kind.cluster=slot-chaos', '--name', 'slot-chaos-control-plane']
  await docker('create', ...mark, stores, 'true')
  await expect(ensureCluster({ engine, progress })).rejects.toMatchObject({ code: 'CLUSTER_FOREIGN' })
  expect(await clusterStatus(engine)).toMatchObject({ state: 'not ours' })
  expect(await docker('ps', '--all', '--quiet')).not.toBe('')
})

test('down removes the engine, its namespace and its files, and can be said twice', { timeout: 120_000 }, async () => {
  const place = sandboxPlace()
  expect(await clusterDown({ sandbox: true, progress })).toHaveLength(1)
  for (const path of [place.namespace, place.run_folder, place.data_folder]) expect(existsSync(path)).toBe(false)
  expect(processesIn(place.namespace)).toEqual([])
  expect(await clusterDown({ sandbox: true, progress })).toEqual([])
})
