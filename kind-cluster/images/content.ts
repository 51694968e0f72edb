import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type LockedPackages, closureOf, packagesImported } from './closure.ts'

// What of this project goes into an image: files by their path, and the npm packages that they need.

const root = join(import.meta.dirname, '..', '..')
/** Tests, and the parts of sut/ that only start it on one machine. */
const left_out = /\.test\.ts$|\/testing\/|(^|\/)fixture[^/]*\.ts$|^sut\/(local|flow)\//

export interface Content {
  /** Relative to the project. */
  files: readonly string[]
  /** node_modules/… */
  packages: readonly string[]
  /** Differs when a file or a package does. */
  hash: string
}

export async function contentOf(folders: readonly string[]): Promise<Content> {
  const files = ['package.json', ...(await Promise.all(folders.map(filesIn))).flat()].toSorted()
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')))
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as { packages: LockedPackages }
  const present = new Set(await installed())
  const locked = closureOf(packagesImported(texts), lock.packages)
  // Optional packages of other platforms are in the lock file, but not here.
  const packages = locked.filter((folder) => present.has(folder))
  const hash = createHash('sha256')
  for (const [index, file] of files.entries()) hash.update(`${file}\0${texts[index]}\0`)
  for (const folder of packages) hash.update(`${folder}\0${JSON.stringify(lock.packages[folder])}\0`)
  return { files, packages, hash: hash.digest('hex') }
}

/** Lays the packages and the files out as they are in the project, in two folders: packages change less often. */
export async function copyContent(
  { files, packages }: Content,
  to: { files: string; packages: string },
): Promise<void> {
  for (const folder of packages)
    await cp(join(root, folder), join(to.packages, folder), { recursive: true, filter: isOwn })
  for (const file of files) {
    await mkdir(dirname(join(to.files, file)), { recursive: true })
    await cp(join(root, file), join(to.files, file))
  }
}

/** The packages inside a package are copied by themselves, if they are needed; nothing reads declarations and source maps. */
const isOwn = (source: string): boolean =>
  !/\.(map|md|markdown|d\.[cm]?ts)$/.test(source) &&
  (!source.endsWith('/node_modules') || source.split('/node_modules').length <= 2)

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return files.map((file) => file.slice(root.length + 1)).filter((file) => !left_out.test(file))
}

async function installed(): Promise<string[]> {
  const text = await readFile(join(root, 'node_modules', '.package-lock.json'), 'utf8')
  return Object.keys((JSON.parse(text) as { packages: LockedPackages }).packages)
}
