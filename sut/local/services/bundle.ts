import { createHash } from 'node:crypto'
import { cp, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure, textOf } from '#lib/errors.ts'
import { newId } from '#lib/random.ts'

// Eighteen processes start at once on a few cores, and most of what each of them does then is finding modules: about seven hundred
// small files. So the services are joined into a few files once, and again whenever a source of theirs changes:
//
//   node_modules/.cache/slot-chaos/services-<key>/    key: content of the sources and of the lock file
//     wallet/main.mjs  wallet/migrations/  …          laid out as sut/ is, for a service finds its migrations beside itself
//     platform/<chunk>.mjs                            what several services share

/** Folders of bundles that stay: those of the checkouts and branches that somebody goes to and fro between. */
const kept_max = 4
const sourceFolders = ['sut', 'lib']

/** Makes the bundle of these services unless it is there. Returns the path of a service's program, with {service} for its name. */
export async function bundleServices(root: string, services: readonly string[]): Promise<string> {
  const cache = join(root, 'node_modules', '.cache', 'slot-chaos')
  const folder = join(cache, `services-${await keyOf(root)}`)
  if (!(await exists(folder))) {
    const preparing = join(cache, `preparing-${newId()}`)
    try {
      await build(root, services, preparing)
      // Whole or not at all; when somebody else was faster, theirs is the same.
      await rename(preparing, folder).catch(async (error: unknown) => {
        if (!(await exists(folder))) throw error
      })
    } catch (error) {
      throw new Failure('SYSTEM_START_FAILED', `the services cannot be bundled: ${textOf(error)}`, { cause: error })
    } finally {
      await rm(preparing, { recursive: true, force: true })
    }
    await removeOld(cache, folder)
  }
  return join(folder, '{service}', 'main.mjs')
}

async function build(root: string, services: readonly string[], folder: string): Promise<void> {
  const { build: rolldown } = await import('rolldown') // takes as long to load as a bundle takes to be found
  await rolldown({
    cwd: root,
    input: Object.fromEntries(services.map((name) => [name, join(root, 'sut', name, 'main.ts')])),
    platform: 'node',
    external: [/^@node-rs\//], // native
    logLevel: 'silent',
    output: { dir: folder, format: 'esm', entryFileNames: '[name]/main.mjs', chunkFileNames: 'platform/[hash].mjs' },
  })
  for (const name of services) {
    const migrations = join(root, 'sut', name, 'migrations')
    if (await exists(migrations)) await cp(migrations, join(folder, name, 'migrations'), { recursive: true })
  }
}

async function keyOf(root: string): Promise<string> {
  const hash = createHash('sha256').update(process.version)
  const lists = await Promise.all(
    sourceFolders.map((folder) => readdir(join(root, folder), { recursive: true, withFileTypes: true })),
  )
  const sources = lists
    .flat()
    .filter((entry) => entry.isFile() && /(?<!\.test)\.(ts|sql)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  for (const path of [...sources.toSorted(), join(root, 'package-lock.json')])
    hash.update(`\n${path}\n`).update(await readFile(path))
  return hash.digest('hex').slice(0, 16)
}

async function removeOld(cache: string, current: string): Promise<void> {
  const names = (await readdir(cache)).filter((name) => name.startsWith('services-'))
  const dated = await Promise.all(
    names.map(async (name) => ({ path: join(cache, name), at_ms: (await stat(join(cache, name))).mtimeMs })),
  )
  const others = dated.filter(({ path }) => path !== current).toSorted((one, other) => other.at_ms - one.at_ms)
  await Promise.all(others.slice(kept_max - 1).map(({ path }) => rm(path, { recursive: true, force: true })))
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
