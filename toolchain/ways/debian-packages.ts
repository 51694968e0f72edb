import { mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runProgram } from '#lib/run-program.ts'
import { textOf } from '#lib/errors.ts'
import { onPath } from '../find.ts'
import type { Way, WayContext } from '../program.ts'

const limit_ms = 5 * 60_000
/** A library may need further ones; a chain longer than this is something else than Redis. */
const library_rounds_max = 5

/**
 * A program out of Debian's (or Ubuntu's) packages without root: fetched, unpacked into the folder, not installed. Shared
 * libraries that the machine lacks are fetched in the same way and found through LD_LIBRARY_PATH.
 */
export function debianPackages(options: { packages: readonly string[]; executable: string; typical_s: number }): Way {
  const { packages, executable, typical_s } = options
  return {
    name: "from Debian's packages",
    typical_s,
    obstacle: async () => {
      for (const command of ['apt-get', 'dpkg', 'ldd']) {
        if ((await onPath(command)).length === 0) return `${command} is missing`
      }
      return undefined
    },
    prepare: async (folder, context) => {
      const apt = await privateApt(folder)
      try {
        await fetchAll(apt, packages, context)
        await unpack(apt, folder)
        const library_folder = await completeLibraries(apt, folder, executable, context)
        return library_folder === undefined ? { executable } : { executable, library_folder }
      } finally {
        await rm(apt.folder, { recursive: true, force: true })
      }
    },
  }
}

interface Apt {
  folder: string
  downloads: string
  /** Options that make apt write into our folder only. */
  cache: readonly string[]
  /** The same, with package lists of our own. */
  lists: readonly string[]
}

async function privateApt(folder: string): Promise<Apt> {
  const own = join(folder, 'apt')
  const downloads = join(own, 'downloads')
  for (const each of [downloads, join(own, 'state/lists/partial'), join(own, 'cache/archives/partial')]) {
    await mkdir(each, { recursive: true })
  }
  const cache = ['-q', '-o', `Dir::Cache=${own}/cache`, '-o', 'APT::Sandbox::User=root']
  const lists = ['-o', `Dir::State=${own}/state`, '-o', 'Dir::State::status=/var/lib/dpkg/status']
  return { folder: own, downloads, cache, lists: [...cache, ...lists] }
}

/** Tries the machine's package lists first; they may be empty (a container) or out of date. */
async function fetchAll(apt: Apt, packages: readonly string[], context: WayContext): Promise<void> {
  const { signal } = context
  const run = (args: readonly string[]): Promise<unknown> =>
    runProgram('apt-get', args, { cwd: apt.downloads, limit_ms, signal })
  try {
    await run([...apt.cache, 'download', ...packages])
  } catch {
    signal?.throwIfAborted()
    const known = await readdir(join(apt.folder, 'state/lists'))
    if (known.filter((name) => name !== 'partial' && name !== 'lock').length === 0) {
      context.progress("fetching Debian's package lists …")
      await run([...apt.lists, 'update'])
    }
    await run([...apt.lists, 'download', ...packages])
  }
}

async function unpack(apt: Apt, folder: string): Promise<void> {
  for (const file of await readdir(apt.downloads)) {
    await runProgram('dpkg', ['-x', join(apt.downloads, file), folder], { limit_ms })
    await rm(join(apt.downloads, file))
  }
}

/** Fetches libraries until the loader finds all; gives the folder they are in, undefined when none was needed. */
async function completeLibraries(
  apt: Apt,
  folder: string,
  executable: string,
  context: WayContext,
): Promise<string | undefined> {
  let library_folder: string | undefined
  let lacking = await missingLibraries(folder, executable, library_folder)
  for (let round = 0; lacking.length > 0; round++) {
    if (round === library_rounds_max) throw new Error(`libraries are still missing: ${lacking.join(', ')}`)
    for (const name of lacking) await fetchLibrary(apt, name, context)
    await unpack(apt, folder)
    library_folder ??= await folderOf(folder, lacking[0]!)
    lacking = await missingLibraries(folder, executable, library_folder)
  }
  return library_folder
}

async function missingLibraries(folder: string, executable: string, library_folder?: string): Promise<string[]> {
  const environment = library_folder === undefined ? {} : { LD_LIBRARY_PATH: join(folder, library_folder) }
  const { stdout } = await runProgram('ldd', [join(folder, executable)], { limit_ms, environment })
  return [...stdout.matchAll(/^\s*(\S+) => not found$/gm)].map((match) => match[1]!)
}

/** Since Debian 13 the packages of some libraries end in t64 (64-bit time). */
async function fetchLibrary(apt: Apt, name: string, context: WayContext): Promise<void> {
  const failures: string[] = []
  for (const guess of [packageOf(name), `${packageOf(name)}t64`]) {
    try {
      await fetchAll(apt, [guess], context)
      return
    } catch (error) {
      context.signal?.throwIfAborted()
      failures.push(textOf(error))
    }
  }
  throw new Error(`no package found for the library ${name}: ${failures.join('; ')}`)
}

/** Debian's rule for names of library packages: libjemalloc.so.2 is in libjemalloc2, liblua5.1.so.0 in liblua5.1-0. */
export function packageOf(library: string): string {
  const [name, version = ''] = library.split('.so.')
  return `${name}${/\d$/.test(name!) ? '-' : ''}${version}`.toLowerCase().replaceAll('_', '-')
}

async function folderOf(folder: string, library: string): Promise<string> {
  const files = await readdir(folder, { recursive: true })
  const path = files.find((file) => file.endsWith(`/${library}`))
  if (path === undefined) throw new Error(`${packageOf(library)} does not contain ${library}`)
  return dirname(path)
}
