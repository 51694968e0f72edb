import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure, textOf } from '#lib/errors.ts'
import { heartbeat } from '#lib/heartbeat.ts'
import { lock } from '#lib/lock.ts'
import { newId } from '#lib/random.ts'
import { ProgramFailed } from '#lib/run-program.ts'
import { cacheFolder } from '#toolchain/cache.ts'

// Something that takes long to make and never changes: a program, a root file system, an image. It is a folder of the cache,
// named by its content's key. It appears whole, by a rename, or not at all; so a build that was ended goes on where it was.
//
//   <cache>/kind/<name>-<key>/

export interface Artifact {
  readonly name: string
  /** All that its content depends on: versions, flags, texts, keys of other artifacts. */
  readonly made_of: readonly unknown[]
  /** On two cores with nothing cached. */
  readonly typical_s: number
  /** Fills the folder. Throws when it cannot. */
  make(folder: string, options: MakeOptions): Promise<void>
}

export interface MakeOptions {
  progress: (text: string) => void
  signal?: AbortSignal | undefined
}

const lock_limit_ms = 60 * 60_000
const heartbeat_ms = 15_000
const log_lines = 15

export const artifactsFolder = (): string => join(cacheFolder(), 'kind')

export function keyOf(made_of: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([process.arch, ...made_of]))
    .digest('hex')
    .slice(0, 12)
}

export const artifactKey = ({ made_of }: Artifact): string => keyOf(made_of)

export const artifactFolder = (artifact: Artifact): string =>
  join(artifactsFolder(), `${artifact.name}-${artifactKey(artifact)}`)

export async function isMade(artifact: Artifact): Promise<boolean> {
  return exists(artifactFolder(artifact))
}

/** The folder, made when it is not there. Throws IMAGE_FAILED with the end of the log, or DISK_FULL. */
export async function ensureArtifact(artifact: Artifact, options: MakeOptions): Promise<string> {
  const folder = artifactFolder(artifact)
  if (await exists(folder)) return folder
  await mkdir(artifactsFolder(), { recursive: true, mode: 0o700 })
  await using held = new AsyncDisposableStack()
  const waiting = ({ pid }: { pid: number }): void =>
    options.progress(`waiting for process ${pid}, which makes ${artifact.name} …`)
  held.use(await lock(`${folder}.lock`, { limit_ms: lock_limit_ms, signal: options.signal, waiting }))
  if (await exists(folder)) return folder
  await removeRubbish(artifact)
  await make(artifact, folder, options)
  return folder
}

async function make(artifact: Artifact, folder: string, { progress, signal }: MakeOptions): Promise<void> {
  const { name, typical_s } = artifact
  const unfinished = join(artifactsFolder(), `preparing-${name}-${newId()}`)
  progress(`making ${name} (about ${typical_s} s, once) …`)
  const start_ms = performance.now()
  const elapsed_s = (): number => Math.round((performance.now() - start_ms) / 1000)
  try {
    using working = new DisposableStack()
    working.use(heartbeat(heartbeat_ms, () => progress(`still making ${name} (${elapsed_s()} s so far) …`)))
    await mkdir(unfinished)
    await artifact.make(unfinished, { progress, signal })
    await rename(unfinished, folder)
    progress(`made ${name} in ${elapsed_s()} s`)
  } catch (error) {
    signal?.throwIfAborted()
    throw failureOf(name, error)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

export function failureOf(name: string, error: unknown): Failure {
  if (error instanceof Failure) return error
  const { stdout = '', stderr = '' } = error instanceof ProgramFailed ? error.output : {}
  const log = (stderr.trim() || stdout.trim()).split('\n').slice(-log_lines).join('\n')
  if (/no space left on device|ENOSPC/i.test(`${textOf(error)}\n${log}`))
    return new Failure('DISK_FULL', `the disk became full while ${name} was made`, { cause: error })
  const end = log === '' ? '' : `\n--- end of its log\n${log}`
  return new Failure('IMAGE_FAILED', `${name} could not be made: ${textOf(error)}${end}`, { cause: error })
}

/** Left by processes that were killed; under the lock nobody else makes this one. */
async function removeRubbish({ name }: Artifact): Promise<void> {
  const rubbish = (await readdir(artifactsFolder())).filter((each) => each.startsWith(`preparing-${name}-`))
  for (const each of rubbish) await rm(join(artifactsFolder(), each), { recursive: true, force: true })
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Files that belong to the project and go into something: their texts are part of the key. */
export const textsOf = (paths: readonly string[]): Promise<string[]> =>
  Promise.all(paths.map((path) => readFile(path, 'utf8')))
