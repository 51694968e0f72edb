import { createHash } from 'node:crypto'
import { cp, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { Failure, textOf } from './errors.ts'
import { newId } from './random.ts'

// Programs of ours that start often are joined into a few files: most of what such a process does until its own code runs is finding
// modules, about seven hundred small files, and eighteen services start at once on a few cores. Made once, and again whenever a
// source changes:
//
//   node_modules/.cache/slot-chaos/<name>-<key>/      key: content of the sources and of the lock file
//     wallet/main.mjs  wallet/migrations/  …          a service finds its migrations beside itself, as in sut/
//     shared/<chunk>.mjs                              what several programs share

export interface BundleRequest {
  name: string
  /** Each program's source, from the root of the project. */
  programs: Readonly<Record<string, string>>
  /** Folders with all sources of the project that they may import. */
  sources: readonly string[]
}

/** Folders of bundles that stay: those of the checkouts and branches that somebody goes to and fro between. */
const kept_max = 4

/** Programs of the bundled system: services, and the host of them all, which finds their migrations beside itself as they do. */
export const servicesBundle = (names: readonly string[]): BundleRequest => ({
  name: 'services',
  programs: Object.fromEntries(names.map((name) => [name, `sut/${name}/main.ts`])),
  sources: ['sut', 'lib'],
})

/** The folder with a folder of each program, made unless it is there. Throws SYSTEM_START_FAILED. */
export async function ensureBundle(root: string, request: BundleRequest): Promise<string> {
  const { name } = request
  const cache = join(root, 'node_modules', '.cache', 'slot-chaos')
  const folder = join(cache, `${name}-${await keyOf(root, request)}`)
  if (await exists(folder)) return folder
  const preparing = join(cache, `preparing-${newId()}`)
  try {
    await build(root, request, preparing)
    // Whole or not at all; when somebody else was faster, theirs is the same.
    await rename(preparing, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error
    })
  } catch (error) {
    // The compiler paints its messages, whoever reads them.
    const why = stripVTControlCharacters(textOf(error)).trim()
    throw new Failure('SYSTEM_START_FAILED', `the ${name} cannot be bundled: ${why}`, { cause: error })
  } finally {
    await rm(preparing, { recursive: true, force: true })
  }
  await removeOld(cache, name, folder)
  return folder
}

async function build(root: string, { programs }: BundleRequest, folder: string): Promise<void> {
  const { build: rolldown } = await import('rolldown') // takes as long to load as a bundle takes to be found
  await rolldown({
    cwd: root,
    input: Object.fromEntries(Object.entries(programs).map(([name, path]) => [name, join(root, path)])),
    platform: 'node',
    external: [/^@node-rs\//], // native
    logLevel: 'silent',
    output: { dir: folder, format: 'esm', entryFileNames: '[name]/main.mjs', chunkFileNames: 'shared/[hash].mjs' },
  })
  for (const [name, path] of Object.entries(programs)) {
    const migrations = join(root, dirname(path), 'migrations')
    if (await exists(migrations)) await cp(migrations, join(folder, name, 'migrations'), { recursive: true })
  }
}

async function keyOf(root: string, { programs, sources: folders }: BundleRequest): Promise<string> {
  const hash = createHash('sha256').update(process.version).update(JSON.stringify(programs))
  const lists = await Promise.all(
    folders.map((folder) => readdir(join(root, folder), { recursive: true, withFileTypes: true })),
  )
  const sources = lists
    .flat()
    .filter((entry) => entry.isFile() && /(?<!\.test)\.(ts|sql)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  for (const path of [...sources.toSorted(), join(root, 'package-lock.json')])
    hash.update(`\n${path}\n`).update(await readFile(path))
  return hash.digest('hex').slice(0, 16)
}

async function removeOld(cache: string, name: string, current: string): Promise<void> {
  const names = (await readdir(cache)).filter((other) => other.startsWith(`${name}-`))
  const dated = await Promise.all(
    names.map(async (other) => ({ path: join(cache, other), at_ms: (await stat(join(cache, other))).mtimeMs })),
  )
  const others = dated.filter(({ path }) => path !== current).toSorted((one, other) => other.at_ms - one.at_ms)
  await Promise.all(others.slice(kept_max - 1).map(({ path }) => rm(path, { recursive: true, force: true })))
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
