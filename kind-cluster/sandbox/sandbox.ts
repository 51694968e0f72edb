import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure, textOf } from '#lib/errors.ts'
import { lock } from '#lib/lock.ts'
import { type ProcessIdentity, alive, identify, spawnDetached } from '#lib/process.ts'
import { runProgram } from '#lib/run-program.ts'
import { waitFor } from '#lib/wait.ts'
import { assertSandboxPossible } from './requirements.ts'
import { type SandboxPlace, engineEnvironment } from './place.ts'
import { removeSandbox } from './remove.ts'

// A Docker engine of our own, in a network namespace that has no way out: what runs in it can reach nothing but itself.
//
//   network namespace ─┬─ containerd ── shims ── containers (the nodes of a cluster, each with a namespace of its own)
//   (lo and bridges)   ├─ dockerd
//                      └─ kind, kubectl, k6, the harness: nsenter --net

export interface SandboxEngine {
  environment: { DOCKER_HOST: string }
  namespace: string
}

export interface SandboxOptions {
  progress: (text: string) => void
  signal?: AbortSignal | undefined
}

const command_limit_ms = 10_000
const start_limit_ms = 60_000
const lock_limit_ms = 2 * 60_000
const log_lines = 15
const processesFile = (place: SandboxPlace): string => join(place.run_folder, 'processes.json')
const containerdSocket = (place: SandboxPlace): string => join(place.run_folder, 'containerd.sock')

/**
 * Starts it, or gives the one that runs. When it throws, nothing is left of it.
 * Throws SANDBOX_NEEDS_ROOT, ENGINE_MISSING, ENGINE_TOO_OLD, ENGINE_START_FAILED.
 */
export async function startSandbox(place: SandboxPlace, { progress, signal }: SandboxOptions): Promise<SandboxEngine> {
  await assertSandboxPossible()
  await using held = new AsyncDisposableStack()
  held.use(await lock(`${place.run_folder}.lock`, { limit_ms: lock_limit_ms, signal }))
  const there = await sandboxStatus(place)
  if (there.running !== undefined) return there.running
  if (there.found.length > 0) await removeSandbox(place, { keep_data: true })

  progress('starting a Docker engine in a network namespace without a way out …')
  const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['folders', () => makeFolders(place)],
    ['the network namespace', () => makeNamespace(place)],
    ['containerd', () => startContainerd(place, signal)],
    ['dockerd', () => startDockerd(place, signal)],
  ]
  for (const [what, step] of steps) {
    try {
      await step()
    } catch (error) {
      const log = await endOfLog(place, what)
      await removeSandbox(place, { keep_data: true })
      signal?.throwIfAborted()
      throw new Failure('ENGINE_START_FAILED', `${what} did not start: ${textOf(error)}${log}`, { cause: error })
    }
  }
  return engineOf(place)
}

export interface SandboxStatus {
  running: SandboxEngine | undefined
  /** What there is of it, running or left. */
  found: string[]
}

export async function sandboxStatus(place: SandboxPlace): Promise<SandboxStatus> {
  const found = [place.namespace, place.run_folder].filter((path) => existsSync(path))
  const processes = await readProcesses(place)
  const living = processes.length === 2 && processes.every(alive)
  const answers = living && existsSync(place.namespace) && (await engineAnswers(place))
  return { running: answers ? engineOf(place) : undefined, found }
}

/** Ends the engine with all that runs in it and removes its images, namespace and files. Idempotent; says whether there was one. */
export async function stopSandbox(place: SandboxPlace): Promise<{ found: string[] }> {
  const found = [place.namespace, place.run_folder, place.data_folder].filter((path) => existsSync(path))
  if (found.length === 0) return { found }
  await assertSandboxPossible()
  await using held = new AsyncDisposableStack()
  held.use(await lock(`${place.run_folder}.lock`, { limit_ms: lock_limit_ms }))
  await removeSandbox(place, { keep_data: false })
  return { found }
}

const engineOf = (place: SandboxPlace): SandboxEngine => ({
  environment: engineEnvironment(place),
  namespace: place.namespace,
})

async function makeFolders(place: SandboxPlace): Promise<void> {
  for (const folder of [place.run_folder, place.data_folder]) await mkdir(folder, { recursive: true, mode: 0o700 })
}

async function makeNamespace({ name, namespace }: SandboxPlace): Promise<void> {
  if (!existsSync(namespace)) await runProgram('ip', ['netns', 'add', name], { limit_ms: command_limit_ms })
  await runProgram('ip', ['-n', name, 'link', 'set', 'lo', 'up'], { limit_ms: command_limit_ms })
}

/** Not the machine's containerd, should it run one: that one starts containers in the machine's own network. */
async function startContainerd(place: SandboxPlace, signal?: AbortSignal): Promise<void> {
  const file = join(place.run_folder, 'containerd.toml')
  const settings = [
    'version = 2',
    `root = "${place.data_folder}/containerd"`,
    `state = "${place.run_folder}/containerd"`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    '[grpc]',
    `address = "${containerdSocket(place)}"`,
  ]
  writeFileSync(file, `${settings.join('\n')}\n`)
  const child = start(place, 'containerd', ['--config', file])
  await waitFor(() => assertAlive(child) && existsSync(containerdSocket(place)), {
    what: 'its socket',
    limit_ms: start_limit_ms,
    ...(signal && { signal }),
  })
}

async function startDockerd(place: SandboxPlace, signal?: AbortSignal): Promise<void> {
  // A file of our own: the machine's daemon.json may name hosts, proxies and folders of another engine.
  const file = join(place.run_folder, 'daemon.json')
  const settings = {
    'data-root': join(place.data_folder, 'docker'),
    'exec-root': join(place.run_folder, 'docker'),
    pidfile: join(place.run_folder, 'docker.pid'),
    hosts: [engineEnvironment(place).DOCKER_HOST],
    containerd: containerdSocket(place),
    'storage-driver': 'overlay2',
  }
  writeFileSync(file, JSON.stringify(settings))
  const child = start(place, 'dockerd', ['--config-file', file])
  await waitFor(async () => assertAlive(child) && (await engineAnswers(place)), {
    what: 'its answer',
    limit_ms: start_limit_ms,
    every_ms: 200,
    ...(signal && { signal }),
  })
}

function start(place: SandboxPlace, program: string, args: readonly string[]): ProcessIdentity {
  const log = openSync(join(place.run_folder, `${program}.log`), 'a', 0o600)
  try {
    const child = spawnDetached('nsenter', [`--net=${place.namespace}`, program, ...args], {
      cwd: '/',
      environment: process.env,
      stdio: ['ignore', log, log],
    })
    child.unref()
    const identity = child.pid === undefined ? null : identify(child.pid)
    if (identity === null) throw new Error('it ended at once')
    remember(place, identity)
    return identity
  } finally {
    closeSync(log)
  }
}

const assertAlive = (child: ProcessIdentity): true => {
  if (alive(child)) return true
  throw new Error('it ended')
}

const engineAnswers = async (place: SandboxPlace): Promise<boolean> => {
  const options = { limit_ms: command_limit_ms, environment: engineEnvironment(place) }
  return runProgram('docker', ['version', '--format', '{{.Server.Version}}'], options).then(
    () => true,
    () => false,
  )
}

const remembered = new Map<string, ProcessIdentity[]>()

function remember(place: SandboxPlace, identity: ProcessIdentity): void {
  const all = [...(remembered.get(place.name) ?? []), identity].slice(-2)
  remembered.set(place.name, all)
  writeFileSync(processesFile(place), JSON.stringify(all))
}

async function readProcesses(place: SandboxPlace): Promise<ProcessIdentity[]> {
  const text = await readFile(processesFile(place), 'utf8').catch(() => '[]')
  return JSON.parse(text) as ProcessIdentity[]
}

async function endOfLog(place: SandboxPlace, program: string): Promise<string> {
  const text = await readFile(join(place.run_folder, `${program}.log`), 'utf8').catch(() => '')
  const lines = text.trimEnd().split('\n').slice(-log_lines)
  return text === '' ? '' : `\n--- end of the log of ${program}\n${lines.join('\n')}`
}
