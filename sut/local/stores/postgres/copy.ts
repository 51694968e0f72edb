import { chown, copyFile, lstat, mkdir, readdir } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'

// What the low-level backup API leaves out of a copy of a running server (PostgreSQL manual, "Making a Base Backup Using the Low
// Level API"): the folders stay, their files are made anew.
const emptied = [
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_replslot',
] as const
const left_out = ['postmaster.pid', 'postmaster.opts', 'standby.signal', 'backup_label', 'tablespace_map'] as const
const at_once = 16

export interface CopyOptions {
  /** The write-ahead log too: for a server that was stopped cleanly. */
  with_log: boolean
  owner: { uid: number; gid: number } | null
}

/** Copies a data folder file by file. Files may change and vanish meanwhile: the log makes the copy whole. pg_control comes last. */
export async function copyData(from: string, to: string, { with_log, owner }: CopyOptions): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true })
  const paths = entries.map((entry) => ({
    path: join(entry.parentPath, entry.name).slice(from.length + 1),
    folder: entry.isDirectory(),
  }))
  const wanted = paths.filter(({ path, folder }) => isWanted(path, folder, with_log))
  for (const { path } of wanted.filter((each) => each.folder).toSorted((x, y) => x.path.length - y.path.length))
    await makeFolder(join(to, path), owner)
  const control = join('global', 'pg_control')
  const files = wanted.filter(({ path, folder }) => !folder && path !== control).map(({ path }) => path)
  const copyNext = async (): Promise<void> => {
    for (let path = files.pop(); path !== undefined; path = files.pop())
      await copyOne(join(from, path), join(to, path), owner)
  }
  await Promise.all(Array.from({ length: at_once }, copyNext))
  await copyOne(join(from, control), join(to, control), owner)
}

function isWanted(path: string, folder: boolean, with_log: boolean): boolean {
  const [top] = path.split('/')
  if (left_out.some((name) => name === path) || path.includes('pgsql_tmp')) return false
  if (emptied.some((name) => name === top)) return path === top
  return folder || with_log || top !== 'pg_wal'
}

async function makeFolder(path: string, owner: CopyOptions['owner']): Promise<void> {
  await mkdir(path, { mode: 0o700, recursive: true })
  if (owner !== null) await chown(path, owner.uid, owner.gid)
}

async function copyOne(from: string, to: string, owner: CopyOptions['owner']): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE)
    if (owner !== null) await chown(to, owner.uid, owner.gid)
  } catch (error) {
    const vanished =
      (error as NodeJS.ErrnoException).code === 'ENOENT' && (await lstat(from).catch(() => null)) === null
    if (!vanished) throw error
  }
}
