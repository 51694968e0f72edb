import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure, textOf } from '#lib/errors.ts'
import { heartbeat } from '#lib/heartbeat.ts'
import { type Holder, lock } from '#lib/lock.ts'
import { assertSpace, cacheFolder, entryName, findInCache, writeEntry } from './cache.ts'
import { findOnPath } from './find.ts'
import type { Program, Resolved, Way, WayContext } from './program.ts'
import { type ProgramName, programs } from './registry.ts'

export type { Resolved } from './program.ts'

export interface ResolveOptions {
  progress: (text: string) => void
  signal?: AbortSignal | undefined
  /** Instead of the user's cache folder. */
  cache?: string
}

/** Another run may be preparing the same program: longer than the longest way takes. */
const lock_limit_ms = 30 * 60_000
const heartbeat_ms = 10_000

/**
 * The program from PATH, from the cache, or prepared now. Throws a Failure: TOOL_MISSING names every way that was tried
 * and how a person gets the program, DISK_FULL the space that is needed.
 */
export async function resolveProgram(which: ProgramName | Program, options: ResolveOptions): Promise<Resolved> {
  const program = typeof which === 'string' ? programs[which] : which
  const { found, rejected } = await findProgram(program, options)
  return found ?? prepare(program, options, rejected)
}

/**
 * Several programs: what is there is found at once, what is missing is prepared one after the other (a build uses all
 * cores). All that cannot be had is named in one Failure.
 */
export async function prepareAll<Name extends ProgramName>(
  names: readonly Name[],
  options: ResolveOptions,
): Promise<Record<Name, Resolved>> {
  const looks = await Promise.all(
    names.map(async (name) => ({ name, ...(await findProgram(programs[name], options)) })),
  )
  const missing = looks.filter((look) => look.found === undefined)
  if (missing.length > 0)
    announce(
      missing.map(({ name }) => programs[name]),
      options,
    )
  const failed: Failure[] = []
  const entries: [Name, Resolved][] = []
  for (const { name, found, rejected } of looks) {
    try {
      entries.push([name, found ?? (await prepare(programs[name], options, rejected))])
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'TOOL_MISSING') throw error
      failed.push(error)
    }
  }
  if (failed.length > 0) throw new Failure('TOOL_MISSING', failed.map(textOf).join('\n'))
  return Object.fromEntries(entries) as Record<Name, Resolved>
}

/** Looks on PATH and in the cache; prepares nothing. */
export async function findProgram(
  program: Program,
  { cache = cacheFolder() }: Pick<ResolveOptions, 'cache'>,
): Promise<{ found?: Resolved; rejected: string[] }> {
  const path = await findOnPath(program)
  if (path.found !== undefined) return { found: path.found, rejected: [] }
  const cached = await findInCache(cache, program)
  const rejected = [`on PATH: ${path.rejected}`, `in ${cache}: ${cached.rejected}`]
  return cached.found === undefined ? { rejected } : { found: cached.found, rejected }
}

/** Why a program is not here and cannot be prepared; undefined when it is or can. Ways are not tried, only their needs. */
export async function obstacleOf(program: Program, options: ResolveOptions): Promise<string | undefined> {
  if ((await findProgram(program, options)).found !== undefined) return undefined
  const obstacles: string[] = []
  for (const way of program.ways) {
    const obstacle = await way.obstacle(contextOf(options))
    if (obstacle === undefined) return undefined
    obstacles.push(`${way.name}: ${obstacle}`)
  }
  return obstacles.join('; ')
}

async function prepare(program: Program, options: ResolveOptions, rejected: readonly string[]): Promise<Resolved> {
  const { cache = cacheFolder() } = options
  await using held = new AsyncDisposableStack()
  held.use(await lockEntry(program, cache, options))
  // Whoever held the lock before us may have prepared it.
  const cached = await findInCache(cache, program)
  if (cached.found !== undefined) return cached.found
  await assertSpace(cache, program)

  const tried = [...rejected]
  for (const way of program.ways) {
    const result = (await way.obstacle(contextOf(options))) ?? (await tryWay(program, way, cache, options))
    if (typeof result !== 'string') return result
    tried.push(`${way.name}: ${result}`)
  }
  throw toolMissing(program, tried)
}

/** Also makes the cache folder. */
async function lockEntry(program: Program, cache: string, options: ResolveOptions): Promise<AsyncDisposable> {
  const { progress, signal } = options
  const waiting = ({ pid }: Holder): void => progress(`waiting for process ${pid}, which prepares ${program.name} …`)
  try {
    await mkdir(cache, { recursive: true })
    return await lock(join(cache, `${entryName(program)}.lock`), { limit_ms: lock_limit_ms, signal, waiting })
  } catch (error) {
    signal?.throwIfAborted()
    if (isDiskFull(error)) throw diskFull(program, cache, error)
    const message = `${program.name} cannot be prepared in ${cache}: ${textOf(error)}`
    throw new Failure('TOOL_MISSING', message, { hint: 'set SLOT_CHAOS_CACHE to a folder of your own', cause: error })
  }
}

/** The program, or in a few words why this way did not work. */
async function tryWay(program: Program, way: Way, cache: string, options: ResolveOptions): Promise<Resolved | string> {
  const { progress, signal } = options
  const title = `${program.name} ${program.pinned_version}`
  progress(`preparing ${title} ${way.name} (about ${way.typical_s} s, once) …`)
  const start = performance.now()
  try {
    using working = new DisposableStack()
    working.use(
      heartbeat(heartbeat_ms, (ms) => progress(`still preparing ${title} (${Math.round(ms / 1000)} s so far) …`)),
    )
    const prepared = await writeEntry(cache, program, (folder) => way.prepare(folder, contextOf(options)))
    progress(`prepared ${program.name} ${prepared.version} ${way.name} in ${seconds(performance.now() - start)} s`)
    return prepared
  } catch (error) {
    signal?.throwIfAborted()
    if (isDiskFull(error)) throw diskFull(program, cache, error)
    progress(`${title} could not be prepared ${way.name}: ${textOf(error)}`)
    return textOf(error)
  }
}

function toolMissing(program: Program, tried: readonly string[]): Failure {
  const lines = [
    `${program.name} ${program.pinned_version} is missing and could not be prepared`,
    ...tried.map((line) => `  tried ${line}`),
    ...program.get_it.map((line) => `  get it ${line}`),
  ]
  return new Failure('TOOL_MISSING', lines.join('\n'))
}

function announce(missing: readonly Program[], { progress, cache = cacheFolder() }: ResolveOptions): void {
  const total_s = missing.reduce((sum, program) => sum + (program.ways[0]?.typical_s ?? 0), 0)
  const names = missing.map(({ name, pinned_version }) => `${name} ${pinned_version}`).join(', ')
  progress(`first run: ${names} will be prepared (about ${total_s} s); later runs find them in ${cache}`)
}

function contextOf(options: ResolveOptions): WayContext {
  return {
    resolve: (program) => resolveProgram(program, options),
    obstacleOf: (program) => obstacleOf(program, options),
    progress: options.progress,
    signal: options.signal,
  }
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1)

function isDiskFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOSPC' || code === 'DISK_FULL' || /no space left on device/i.test(textOf(error))
}

function diskFull(program: Program, cache: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause
  const need = `${program.name} ${program.pinned_version} needs ${program.needs_mib} MiB to be prepared`
  return new Failure('DISK_FULL', `${need}; the disk of ${cache} or of the temporary files is full`, { cause })
}
