import { existsSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { textOf } from '#lib/errors.ts'
import { type ProcessIdentity, alive, identify, killTree, signalProcess } from '#lib/process.ts'
import { runProgram } from '#lib/run-program.ts'
import { waitFor } from '#lib/wait.ts'
import { type SandboxPlace, engineEnvironment } from './place.ts'

// Removing works on what is there, not on what a record says: a start may have ended at any point, and so may a removal.

const containers_limit_ms = 60_000
const graceful_limit_ms = 15_000
const killed_limit_ms = 10_000
const command_limit_ms = 20_000
const unmount_rounds_max = 5
/** Programs that an engine is made of: only these are ended, never the harness, which may stand in the namespace too. */
const engine_programs = ['dockerd', 'containerd', 'containerd-shim', 'docker-proxy', 'docker-init', 'runc']

/** Ends the processes of an engine and removes what it made. With `keep_data` its images stay. Throws when something stays. */
export async function removeSandbox(place: SandboxPlace, { keep_data }: { keep_data: boolean }): Promise<void> {
  await removeContainers(place)
  await endProcesses(place)
  const folders = keep_data ? [place.run_folder] : [place.run_folder, place.data_folder]
  for (const folder of [place.run_folder, place.data_folder]) await unmountBelow(folder)
  if (existsSync(place.namespace))
    await runProgram('ip', ['netns', 'delete', place.name], { limit_ms: command_limit_ms })
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** The engine itself ends its containers best; when it does not answer, killing does. */
async function removeContainers(place: SandboxPlace): Promise<void> {
  if (!existsSync(place.socket)) return
  const options = { limit_ms: containers_limit_ms, environment: engineEnvironment(place) }
  try {
    const { stdout } = await runProgram('docker', ['ps', '--all', '--quiet'], options)
    const ids = stdout.split('\n').filter((id) => id !== '')
    if (ids.length > 0) await runProgram('docker', ['rm', '--force', '--volumes', ...ids], options)
  } catch {
    // It hangs or is gone: its processes are ended next, those of the containers included.
  }
}

async function endProcesses(place: SandboxPlace): Promise<void> {
  const engine = (): NamedProcess[] => processesIn(place.namespace).filter(({ name }) => isEngine(name))
  const daemon = engine().filter(({ name }) => name === 'dockerd')
  for (const processes of [daemon, engine()]) {
    for (const each of processes) signalProcess(each, 'SIGTERM')
    const gone = (): boolean => !processes.some(alive)
    await waitFor(gone, { what: 'a graceful end', limit_ms: graceful_limit_ms }).catch(() => undefined)
  }
  const left = engine()
  for (const each of left) killTree(each)
  await waitFor(() => !left.some(alive), { what: 'the engine to be gone', limit_ms: killed_limit_ms })
}

const isEngine = (name: string): boolean => engine_programs.some((program) => name.startsWith(program.slice(0, 15)))

interface NamedProcess extends ProcessIdentity {
  name: string
}

/** The processes that stand in a network namespace, by its file. */
export function processesIn(namespace: string): NamedProcess[] {
  if (!existsSync(namespace)) return []
  const { ino } = statSync(namespace)
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry) || networkOf(entry) !== `net:[${ino}]`) return []
    const identity = identify(Number(entry))
    return identity === null ? [] : [{ ...identity, name: nameOf(entry) }]
  })
}

function networkOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return undefined
  }
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}

/** The deepest first; what one unmount uncovers is found in the next round. */
async function unmountBelow(folder: string): Promise<void> {
  let reason: unknown
  for (let round = 0; round < unmount_rounds_max; round++) {
    const mounts = mountsBelow(folder)
    if (mounts.length === 0) return
    for (const mount of mounts)
      await runProgram('umount', ['--lazy', mount], { limit_ms: command_limit_ms }).catch((error) => (reason = error))
  }
  if (mountsBelow(folder).length > 0) throw new Error(`${folder} cannot be unmounted: ${textOf(reason)}`)
}

function mountsBelow(folder: string): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  // Field 5 is the mount point; blanks in it are written as \040.
  const points = lines.map((line) => (line.split(' ')[4] ?? '').replaceAll('\\040', ' '))
  return points.filter((point) => point === folder || point.startsWith(`${folder}/`)).toReversed()
}
