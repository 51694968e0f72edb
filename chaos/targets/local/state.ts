import { chmod, lstat, mkdir, readFile, readdir, rename, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemClock } from '#lib/clock.ts'
import { Failure, textOf } from '#lib/errors.ts'
import { alive } from '#lib/process.ts'
import { socketFile } from '#sut/local/control.ts'
import { stateFolder } from '../state-folder.ts'
import { type SystemFile, parseJson, systemFile } from '#sut/local/request.ts'

// Each system has a folder of its own in the state folder; nothing else says that it exists.
//
//   <state folder>/<id>/system.json, request.json, processes.jsonl, control.sock, events.jsonl, logs/, data/ …

/** The longest path of a unix socket is 107 bytes on Linux. */
const socket_path_max = 103
const unfinished = 'new-'
/** Making one takes milliseconds. */
const unfinished_max_ms = 60_000
const needed_bytes = 2 ** 30

export const systemFolder = (id: string): string => join(stateFolder(), id)
export const socketOf = (id: string): string => join(systemFolder(id), socketFile)

/**
 * Makes the folder of a new system with these files in it. It appears whole: `recover` must not take one that is being made for
 * one that was left. Throws STATE_FOLDER when it cannot be used, DISK_FULL when less than 1 GiB is free.
 */
export async function createSystemFolder(id: string, files: Readonly<Record<string, string>>): Promise<void> {
  const state = stateFolder()
  const path = socketOf(id)
  if (Buffer.byteLength(path) > socket_path_max)
    throw new Failure('STATE_FOLDER', `${state} is too long a path: the control socket would be ${path}`)
  try {
    await mkdir(state, { recursive: true, mode: 0o700 })
    const { uid } = await lstat(state)
    if (uid !== process.getuid?.()) throw new Error('it belongs to another user')
    // PostgreSQL, which will not run as root, must get through to its data; to list the folder takes more.
    if (uid === 0) await openToOthers(state)
    await assertSpace(state)
    const folder = join(state, `${unfinished}${id}`)
    await mkdir(folder)
    await chmod(folder, uid === 0 ? 0o711 : 0o700)
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 })
    await rename(folder, systemFolder(id))
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('STATE_FOLDER', `${state} cannot be used: ${textOf(error)}`, { cause: error })
  }
}

async function openToOthers(state: string): Promise<void> {
  await chmod(state, 0o711)
  for (let folder = dirname(state); folder !== dirname(folder); folder = dirname(folder))
    if (((await stat(folder)).mode & 0o001) === 0)
      throw new Error(`root's PostgreSQL runs as another user, who cannot enter ${folder}`)
}

async function assertSpace(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize >= needed_bytes) return
  const free_mib = Math.floor((bavail * bsize) / 2 ** 20)
  const hint = 'free some space, or set SLOT_CHAOS_STATE to a folder on a larger disk'
  throw new Failure('DISK_FULL', `a system needs 1024 MiB; ${folder} has ${free_mib} MiB free`, { hint })
}

/** Ids of all systems that have a folder, running or not; what runs on clusters has one of its own. */
export async function systemIds(): Promise<string[]> {
  return (await foldersIn(stateFolder())).filter((name) => !name.startsWith(unfinished) && name !== 'kubernetes')
}

/** Folders that somebody began to make and did not finish. */
export async function unfinishedFolders(): Promise<string[]> {
  const paths = (await foldersIn(stateFolder()))
    .filter((name) => name.startsWith(unfinished))
    .map((name) => join(stateFolder(), name))
  const ages_ms = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ mtimeMs }) => systemClock.wall_ms() - mtimeMs,
        () => 0,
      ),
    ),
  )
  return paths.filter((_, index) => ages_ms[index]! > unfinished_max_ms)
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}

/** Null when there is none, or not a readable one. */
export async function readSystem(id: string): Promise<SystemFile | null> {
  try {
    return parseJson(systemFile, await readFile(join(systemFolder(id), 'system.json'), 'utf8'), `system.json of ${id}`)
  } catch {
    return null
  }
}

/** The daemon lives, and its socket answers. */
export function isRunning(file: SystemFile | null): file is SystemFile {
  return file?.state === 'ready' && file.daemon !== null && alive(file.daemon)
}
