import { openSync, closeSync } from 'node:fs'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { Failure, type FailureCode, failures, textOf } from '#lib/errors.ts'
import { systemClock } from '#lib/clock.ts'
import { alive, identify, killTree, spawnDetached } from '#lib/process.ts'
import { newId } from '#lib/random.ts'
import { waitFor } from '#lib/wait.ts'
import type { SystemDescriptor } from '#sut/contracts/descriptor.ts'
import { inTopology } from '#sut/contracts/topology.ts'
import { traceSettingsOf } from '#sut/contracts/tracing.ts'
import { choices } from '#sut/designs/registry.ts'
import { assertLinks } from '#sut/deployment/links.ts'
import type { StartMessage, StartRequest, SystemFile } from '#sut/local/request.ts'
import { cacheFolder } from '#toolchain/cache.ts'
import { locatePostgres } from '#toolchain/postgres.ts'
import { prepareAll, type Resolved } from '#toolchain/resolve.ts'
import type { RunningSystem, UpRequest } from '../target.ts'
import { killSystem } from './ending.ts'
import { runningSystem } from './running.ts'
import { createSystemFolder, systemFolder } from './state.ts'

/** What runs, other than the bundled system as it is: for tests. */
export interface Bundle {
  descriptor: SystemDescriptor
  /** Path of a service's program, with {service} for its name; made, if it has to be. */
  entry: (root: string) => Promise<string>
  settings: StartRequest['settings']
}

const root = join(import.meta.dirname, '..', '..', '..')

/** Starts a system and waits until it is ready. When it throws, nothing of it is left. */
export async function up(request: UpRequest, bundle: Bundle): Promise<RunningSystem> {
  // Throws UNKNOWN_DESIGN before anything starts.
  const descriptor = inTopology(choices(request.design).topology, bundle.descriptor)
  assertLinks(request.links, descriptor)
  const programs = await findPrograms(request)
  const id = `slot-${newId().slice(0, 8)}`
  const asked = requestOf(id, request, { ...bundle, descriptor }, await bundle.entry(root), programs)
  await createSystemFolder(id, {
    'system.json': JSON.stringify(announced(asked)),
    'request.json': JSON.stringify(asked),
    'daemon.log': '',
  })
  try {
    const file = await startDaemon(asked, request)
    return runningSystem(file, { session: file.session, lease_ms: file.lease_ms, owned: file.lease_ms > 0 })
  } catch (error) {
    await killSystem(id, null)
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      throw new Failure('DISK_FULL', `the disk of ${asked.folder} is full`, { cause: error })
    throw error
  }
}

async function findPrograms({ progress, signal }: UpRequest): Promise<StartRequest['programs']> {
  const found = await prepareAll(['nats-server', 'redis', 'toxiproxy'], { progress, signal })
  const { initdb, postgres, version, run_as } = await locatePostgres()
  const plain = ({ path, version: own, environment }: Resolved) => ({
    path,
    version: own,
    environment: environment ?? {},
  })
  return {
    nats: plain(found['nats-server']),
    redis: plain(found.redis),
    toxiproxy: plain(found.toxiproxy),
    postgres: { initdb, postgres, version, environment: {}, run_as: run_as ?? null },
  }
}

function requestOf(
  id: string,
  { design, links, lease_ms, ports_from, autoscaling }: UpRequest,
  { descriptor, settings }: Bundle,
  entry: string,
  programs: StartRequest['programs'],
): StartRequest {
  return {
    id,
    folder: systemFolder(id),
    root,
    cache: cacheFolder(),
    design,
    descriptor: autoscaling === false ? withoutScaling(descriptor) : descriptor,
    entry,
    links: links === 'all' ? 'all' : [...links],
    lease_ms,
    ...(ports_from !== undefined && { ports_from }),
    traces: traceSettingsOf(process.env),
    owner: identify(process.pid)!,
    session: newId(),
    programs,
    settings,
  }
}

const withoutScaling = (descriptor: SystemDescriptor): SystemDescriptor => ({
  ...descriptor,
  services: descriptor.services.map(({ scaling: _held, ...service }) => service),
})

/** What others see of the system before its daemon has written anything: who starts it. */
function announced({ id, design, owner, session, lease_ms, descriptor }: StartRequest): SystemFile {
  return {
    schema: 1,
    id,
    design,
    state: 'starting',
    started_at_ms: systemClock.wall_ms(),
    daemon: null,
    owner,
    session,
    lease_ms,
    gateways: [],
    authority_file: '',
    descriptor,
    versions: {},
    settings: {},
  }
}

/** The pipe between us and the daemon is its life line until it is ready: when it breaks, the daemon ends everything. */
async function startDaemon({ id, folder }: StartRequest, { progress, signal }: UpRequest): Promise<SystemFile> {
  signal.throwIfAborted()
  const log = openSync(join(folder, 'daemon.log'), 'a', 0o600)
  const daemon = spawnDetached(process.execPath, [join('sut', 'local', 'main.ts'), folder], {
    cwd: root,
    environment: { ...process.env, NODE_COMPILE_CACHE: join(cacheFolder(), 'compile') },
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const give_up = (): void => {
    if (daemon.connected) daemon.disconnect()
  }
  signal.addEventListener('abort', give_up, { once: true })
  try {
    return await outcome(id, daemon, progress)
  } catch (error) {
    give_up()
    await gone(daemon)
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', give_up)
    give_up()
    daemon.unref()
  }
}

function outcome(id: string, daemon: ChildProcess, progress: (text: string) => void): Promise<SystemFile> {
  return new Promise((resolve, reject) => {
    daemon.on('message', (message: StartMessage) => {
      if (message.kind === 'progress') return progress(message.text)
      if (message.kind === 'ready') return resolve(message.system)
      const known = Object.hasOwn(failures, message.code)
      const { hint } = message
      const code = known ? (message.code as FailureCode) : 'SYSTEM_START_FAILED'
      reject(new Failure(code, message.message, hint === undefined ? {} : { hint }))
    })
    const ended = (how: string) => new Failure('SYSTEM_START_FAILED', `the daemon of system ${id} ended: ${how}`)
    daemon.once('error', (error) => reject(ended(textOf(error))))
    daemon.once('exit', (code, signal) => reject(ended(signal ?? `exit code ${code}`)))
  })
}

const end_limit_ms = 20_000

async function gone(daemon: ChildProcess): Promise<void> {
  const identity = daemon.pid === undefined ? null : identify(daemon.pid)
  if (identity === null) return
  const ended = (): boolean => !alive(identity)
  await waitFor(ended, { what: 'the daemon to end', limit_ms: end_limit_ms }).catch(() => killTree(identity))
}
