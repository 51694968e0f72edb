import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Failure, textOf } from '#lib/errors.ts'
import { lock } from '#lib/lock.ts'
import { ProgramFailed } from '#lib/run-program.ts'
import { type WaitOptions, waitFor } from '#lib/wait.ts'
import { resolveProgram } from '#toolchain/resolve.ts'
import { type MakeOptions, artifactsFolder } from '../offline/artifact.ts'
import { ensureNodeImage } from '../offline/node-image.ts'
import { type Engine, runBeside } from '../sandbox/engine.ts'
import { addonsVersion } from './addons.ts'
import type { KindCluster } from './cluster.ts'
import { type ClusterRequest, clusterName, configurationHash, kindConfiguration, nodes } from './configuration.ts'
import { describeCluster } from './describe.ts'
import { type Existing, existingCluster, isWhole } from './existing.ts'
import { type Inside, kubectl } from './inside.ts'
import { installAddons, waitForAddons } from './install-addons.ts'
import { type ClusterPlace, clusterLock, clusterPlace, makePlace } from './place.ts'
import { officialNodeImage } from './official-image.ts'
import { assertClusterRoom, registryAnswers } from './requirements.ts'
import { clusterSettings } from './settings.ts'

export interface ClusterOptions extends MakeOptions {
  engine: Engine
  /** Undefined: offline when no registry answers, and always in a sandbox. */
  offline?: boolean | undefined
}

const lock_limit_ms = 60 * 60_000
const create_limit_ms = 10 * 60_000
const ready_limit_ms = 3 * 60_000
const command_limit_ms = 2 * 60_000

/**
 * The cluster: there and as it should be, or made. When it throws, nothing half-made is left.
 * Throws CLUSTER_FOREIGN, CLUSTER_START_FAILED, PORT_TAKEN, IMAGE_FAILED, DISK_FULL.
 */
export async function ensureCluster(options: ClusterOptions): Promise<KindCluster> {
  const { engine, signal, progress } = options
  await mkdir(artifactsFolder(), { recursive: true, mode: 0o700 })
  await using held = new AsyncDisposableStack()
  const waiting = ({ pid }: { pid: number }): void => progress(`waiting for process ${pid}, which makes the cluster …`)
  held.use(await lock(clusterLock(engine), { limit_ms: lock_limit_ms, signal, waiting }))
  const existing = await existingCluster(engine)
  assertOurs(existing)

  const offline = options.offline ?? (engine.namespace !== null || !(await registryAnswers(options)))
  assertBoots({ engine, offline })
  const place = clusterPlace(engine)
  const node_image = offline ? await ensureNodeImage(engine, options) : officialNodeImage
  const request: ClusterRequest = {
    node_image,
    sandboxed: engine.namespace !== null,
    cgroup_version: engine.cgroup_version,
    encryption_folder: place.encryption_folder,
    addons: `${addonsVersion} ${offline ? 'offline' : ''}`,
  }
  const hash = configurationHash(request)
  const answer = { engine, offline, place, signal }
  if (existing !== undefined) {
    const lack =
      existing.hash === hash ? await whatItLacks(existing, { engine, signal }, place, progress) : 'its settings differ'
    if (lack === undefined) return describeCluster(answer)
    progress(`making the cluster anew: ${lack} …`)
    await deleteCluster(engine, options)
  }
  await assertClusterRoom()
  await create(options, { place, request, hash, offline })
  return describeCluster(answer)
}

function assertOurs(existing: Existing | undefined): void {
  if (existing === undefined || existing.ours) return
  throw new Failure('CLUSTER_FOREIGN', `there is a kind cluster called ${clusterName} that this project did not make`)
}

/** systemd 256 and later, which official nodes have, refuses to boot there. */
function assertBoots({ engine, offline }: { engine: Engine; offline: boolean }): void {
  if (offline || engine.cgroup_version === 2) return
  throw new Failure('CLUSTER_START_FAILED', "this machine is on cgroup v1, where kind's own node image does not boot", {
    hint: 'boot with systemd.unified_cgroup_hierarchy=1, or build a node image that does: --offline',
  })
}

/**
 * Why it cannot be used; undefined: all nodes run and are Ready. Those that were stopped or paused, by a machine's restart or a
 * fault, are started first.
 */
async function whatItLacks(
  existing: Existing,
  inside: Inside,
  place: ClusterPlace,
  progress: (text: string) => void,
): Promise<string | undefined> {
  if (existsSync(place.creating)) return 'it was never finished'
  if (!existsSync(place.kubeconfig)) return 'the file that says how to reach it is gone'
  const { length } = existing.containers
  if (length !== nodes.length) return `it has ${length} nodes instead of ${nodes.length}`
  if (!isWhole(existing)) progress('starting the nodes of the cluster …')
  try {
    for (const { name, state } of existing.containers) {
      const verb = state === 'paused' ? 'unpause' : state === 'running' ? undefined : 'start'
      if (verb !== undefined) await runBeside(inside.engine, 'docker', [verb, name], { limit_ms: command_limit_ms })
    }
    await waitForNodes(inside)
    await waitForAddons(inside)
    return undefined
  } catch (error) {
    inside.signal?.throwIfAborted()
    return textOf(error)
  }
}

interface Creation {
  place: ClusterPlace
  request: ClusterRequest
  hash: string
  offline: boolean
}

async function create(options: ClusterOptions, { place, request, hash, offline }: Creation): Promise<void> {
  const { engine, signal, progress } = options
  const inside = { engine, signal }
  const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['its folder and the key for Secrets', () => makePlace(place)],
    ['a mark that it is not whole', () => writeFile(place.creating, '')],
    ['three nodes', () => kindCreate(options, place, kindConfiguration(request, hash))],
    ['a part of the CPU for each worker', () => boundWorkers(inside)],
    ['metrics-server and KEDA', () => installAddons(inside, { offline }, options)],
    ['every node ready', () => waitForNodes(inside)],
    ['addons ready', () => waitForAddons(inside)],
    ['no mark any more', () => rm(place.creating)],
  ]
  const start_ms = performance.now()
  const took: string[] = []
  for (const [what, step] of steps) {
    const begin_ms = performance.now()
    progress(`cluster: ${what} …`)
    try {
      await step()
      if (performance.now() - begin_ms >= 1_000) took.push(`${what} ${seconds(begin_ms)} s`)
    } catch (error) {
      await deleteCluster(engine, options)
      signal?.throwIfAborted()
      throw startFailure(what, error)
    }
  }
  progress(`cluster ready in ${seconds(start_ms)} s: ${took.join(', ')}`)
}

const seconds = (since_ms: number): number => Math.round((performance.now() - since_ms) / 1000)

async function kindCreate(options: ClusterOptions, place: ClusterPlace, configuration: object): Promise<void> {
  const { engine, signal } = options
  const file = join(place.folder, 'kind.json')
  await writeFile(file, JSON.stringify(configuration, undefined, 2), { mode: 0o600 })
  const args = ['create', 'cluster', '--config', file, '--kubeconfig', place.kubeconfig, '--wait', '0s']
  await kind(engine, args, options, create_limit_ms, signal)
}

/** The engine keeps it over a restart of the container. */
async function boundWorkers({ engine, signal }: Inside): Promise<void> {
  const { worker_cpu_percent_max, worker_cpu_period_ms } = clusterSettings
  const period_us = worker_cpu_period_ms * 1_000
  const quota_us = Math.round((availableParallelism() * worker_cpu_percent_max * period_us) / 100)
  const workers = nodes.filter(({ role }) => role === 'worker').map(({ container }) => container)
  const args = ['update', '--cpu-period', `${period_us}`, '--cpu-quota', `${quota_us}`, ...workers]
  await runBeside(engine, 'docker', args, { limit_ms: command_limit_ms, signal })
}

/** Removes the cluster and what this machine keeps of it. Idempotent. */
export async function deleteCluster(engine: Engine, options: Pick<MakeOptions, 'progress'>): Promise<void> {
  const place = clusterPlace(engine)
  const args = ['delete', 'cluster', '--name', clusterName, '--kubeconfig', place.kubeconfig]
  await kind(engine, args, options, command_limit_ms)
  await removePlace(place)
}

export const removePlace = ({ folder }: ClusterPlace): Promise<void> => rm(folder, { recursive: true, force: true })

async function kind(
  engine: Engine,
  args: readonly string[],
  options: Pick<MakeOptions, 'progress'>,
  limit_ms: number,
  signal?: AbortSignal,
): Promise<void> {
  const { path } = await resolveProgram('kind', { progress: options.progress, signal })
  const environment = { KIND_EXPERIMENTAL_PROVIDER: 'docker' }
  await runBeside(engine, path, args, { limit_ms, environment, signal })
}

async function waitForNodes(inside: Inside): Promise<void> {
  const wait: WaitOptions = { what: 'all nodes to be ready', limit_ms: ready_limit_ms, every_ms: 1_000 }
  await waitFor(() => allReady(inside), { ...wait, ...(inside.signal && { signal: inside.signal }) })
}

async function allReady(inside: Inside): Promise<boolean> {
  const path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {end}'
  const text = await kubectl(inside, ['get', 'nodes', '-o', `jsonpath=${path}`]).catch(() => '')
  const states = text.split(' ').filter((state) => state !== '')
  return states.length === nodes.length && states.every((state) => state === 'True')
}

function startFailure(what: string, error: unknown): Failure {
  if (error instanceof Failure) return error
  const output = error instanceof ProgramFailed ? error.output : { stdout: '', stderr: '' }
  const log = output.stderr.trim().split('\n').slice(-15).join('\n')
  const port = /127\.0\.0\.1:(\d+): bind|Bind for \S+:(\d+) failed/.exec(log)
  if (port !== null)
    return new Failure('PORT_TAKEN', `port ${port[1] ?? port[2]} on 127.0.0.1 is taken; the cluster needs it`, {
      hint: 'end what listens there; in a sandbox (--sandbox) all ports are free',
      cause: error,
    })
  const end = log === '' ? '' : `\n--- end of the log\n${log}`
  return new Failure('CLUSTER_START_FAILED', `the cluster did not start (${what}): ${textOf(error)}${end}`, {
    cause: error,
  })
}
