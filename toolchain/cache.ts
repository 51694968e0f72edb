import { mkdir, readFile, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { Failure, textOf } from '#lib/errors.ts'
import { newId } from '#lib/random.ts'
import type { Prepared, Program, Resolved } from './program.ts'
import { versionOf } from './find.ts'

// <cache>/<name>-<version>-<platform>-<architecture>/entry.json beside the files it names. An entry appears whole, by a
// rename, or not at all; everything that begins with "preparing-" or "old-" is rubbish of a run that was killed.

/** Where prepared programs are kept: SLOT_CHAOS_CACHE, or slot-chaos in the user's cache folder (XDG). */
export function cacheFolder(): string {
  const own = process.env.SLOT_CHAOS_CACHE
  if (own !== undefined && own !== '') return own
  const xdg = process.env.XDG_CACHE_HOME
  return join(xdg !== undefined && xdg.startsWith('/') ? xdg : join(homedir(), '.cache'), 'slot-chaos')
}

export const entryName = (program: Program): string =>
  `${program.name}-${program.pinned_version}-${process.platform}-${process.arch}`

/** The entry, if it is there and answers its version; `rejected` says why not. */
export async function findInCache(cache: string, program: Program): Promise<{ found?: Resolved; rejected: string }> {
  const folder = join(cache, entryName(program))
  const text = await readFile(join(folder, 'entry.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return { rejected: 'not in the cache' }
  try {
    const prepared = JSON.parse(text) as Prepared
    return { found: { ...(await check(program, folder, prepared)), source: 'cache' }, rejected: '' }
  } catch (error) {
    return { rejected: `the cache entry is damaged: ${textOf(error)}` }
  }
}

/** Runs `fill` on a fresh folder, checks that the program in it answers, and makes it the entry. Under the lock. */
export async function writeEntry(
  cache: string,
  program: Program,
  fill: (folder: string) => Promise<Prepared>,
): Promise<Resolved> {
  await removeRubbish(cache, program)
  const folder = join(cache, `preparing-${program.name}-${newId()}`)
  await mkdir(folder, { recursive: true })
  try {
    const prepared = await fill(folder)
    await check(program, folder, prepared)
    await writeFile(join(folder, 'entry.json'), `${JSON.stringify(prepared, undefined, 2)}\n`)
    const entry = join(cache, entryName(program))
    const old = join(cache, `old-${program.name}-${newId()}`)
    await rename(entry, old).catch(() => undefined)
    await rename(folder, entry)
    await rm(old, { recursive: true, force: true })
    return { ...(await check(program, entry, prepared)), source: 'prepared' }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Refuses to begin what cannot end. */
export async function assertSpace(cache: string, program: Program): Promise<void> {
  const free_mib = await freeMib(cache)
  if (free_mib >= program.needs_mib) return
  const need = `${program.name} ${program.pinned_version} needs ${program.needs_mib} MiB to be prepared`
  throw new Failure('DISK_FULL', `${need}; ${cache} has ${free_mib} MiB free`)
}

/** Of the disk that the folder is on, or will be on. */
export async function freeMib(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return Math.floor((bavail * bsize) / 2 ** 20)
  } catch (error) {
    if (dirname(folder) === folder) throw error
    return freeMib(dirname(folder))
  }
}

async function check(program: Program, folder: string, prepared: Prepared): Promise<Omit<Resolved, 'source'>> {
  const path = join(folder, prepared.executable)
  const environment = environmentOf(folder, prepared)
  const version = await versionOf(program, path, environment)
  return { name: program.name, path, version, ...(environment === undefined ? {} : { environment }) }
}

function environmentOf(folder: string, { library_folder }: Prepared): Record<string, string> | undefined {
  if (library_folder === undefined) return undefined
  const inherited = process.env.LD_LIBRARY_PATH ?? ''
  const own = join(folder, library_folder)
  return { LD_LIBRARY_PATH: inherited === '' ? own : `${own}:${inherited}` }
}

async function removeRubbish(cache: string, program: Program): Promise<void> {
  const names = await readdir(cache)
  const rubbish = names.filter((name) => /^(preparing|old)-/.test(name) && name.includes(`-${program.name}-`))
  for (const name of rubbish) await rm(join(cache, name), { recursive: true, force: true })
}
