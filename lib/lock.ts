import { link, readFile, readlink, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { systemClock } from './clock.ts'
import { newId } from './random.ts'
import { runProgram } from './run-program.ts'
import { WaitedTooLong, pause } from './wait.ts'

// A lock between processes: a file that names its holder. It outlives no process: a lock whose holder is gone is taken over.
//
//   link(mine → lock) ──ok──► held
//        │ exists, holder dead
//        ▼
//   link(mine → lock.<holder's token>) ──ok──► lock still names that holder? ──► rename(mine → lock): held
//        │ exists: somebody else takes over just now (or died doing so: then its claim is claimed in the same way)
//
// Only one living process can hold the claim to a dead holder's lock, so two never replace it at once.

export interface LockOptions {
  limit_ms: number
  /** Called once when the lock is held by somebody else. */
  waiting?: (holder: Holder) => void
  signal?: AbortSignal | undefined
}

export interface Holder {
  pid: number
  /** Start time of the process in the system's own unit: a pid alone may belong to another process by now. */
  started: string
  /** Pids of another boot or of another container mean nothing here. */
  boot: string
  namespace: string
  token: string
}

const every_ms = 100
/** A lock of another container cannot be checked by pid: it is given up after this long. */
const foreign_stale_ms = 30 * 60_000

/** Waits for the lock at `path` (its folder exists). Throws WaitedTooLong at the limit. */
export async function lock(path: string, { limit_ms, waiting, signal }: LockOptions): Promise<AsyncDisposable> {
  const me = await ourselves()
  const mine = `${path}.${me.token}.mine`
  await writeFile(mine, JSON.stringify(me))
  const end = performance.now() + limit_ms
  let told = false
  try {
    for (;;) {
      signal?.throwIfAborted()
      if (await linked(mine, path)) break
      const holder = await readHolder(path)
      const alive = holder !== undefined && (await isAlive(holder, path))
      if (holder !== undefined && !alive && (await takenOver(path, holder, mine))) break
      if (alive && !told) {
        told = true
        waiting?.(holder)
      }
      if (performance.now() >= end) {
        throw new WaitedTooLong(
          `waited ${limit_ms} ms for the lock ${path}, held by process ${holder?.pid ?? 'unknown'}`,
        )
      }
      await pause(every_ms, signal)
    }
  } finally {
    await removed(mine)
  }
  return { [Symbol.asyncDispose]: async () => release(path, me.token) }
}

async function release(path: string, token: string): Promise<void> {
  if ((await readHolder(path))?.token === token) await removed(path)
}

/** True when we have replaced the lock of a dead holder. */
async function takenOver(path: string, dead: Holder, mine: string): Promise<boolean> {
  const claims = [`${path}.${dead.token}`]
  for (let depth = 0; depth < 8; depth++) {
    const claim = claims[depth]!
    if (await linked(mine, claim)) {
      const valid = (await readHolder(path))?.token === dead.token
      // A second name of the same file: rename(2) of `mine` itself would do nothing, for both are one file.
      if (valid) await rename(claim, path)
      for (const each of valid ? claims : [claim]) await removed(each)
      return valid
    }
    const other = await readHolder(claim)
    if (other === undefined || (await isAlive(other, claim))) return false
    claims.push(`${path}.${other.token}`)
  }
  return false
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

async function removed(path: string): Promise<void> {
  await unlink(path).catch(() => undefined)
}

async function ourselves(): Promise<Holder> {
  return { pid: process.pid, started: (await startOf(process.pid)) ?? '', ...(await here()), token: newId() }
}

async function here(): Promise<{ boot: string; namespace: string }> {
  const [boot, namespace] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ])
  return { boot: boot.trim(), namespace }
}

async function isAlive(holder: Holder, path: string): Promise<boolean> {
  const { boot, namespace } = await here()
  if (holder.boot !== boot) return false
  if (holder.namespace === namespace) return (await startOf(holder.pid)) === holder.started
  const written = await stat(path).catch(() => undefined)
  return written === undefined || systemClock.wall_ms() - written.mtimeMs < foreign_stale_ms
}

/** When a process started; undefined when there is none, or only its zombie. */
export async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    // The name in parentheses may contain anything; field 22 (start, in clock ticks since boot) is the 20th behind it.
    const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  }
  const output = await runProgram('ps', ['-o', 'lstart=', '-p', String(pid)], { limit_ms: 5_000 }).catch(
    () => undefined,
  )
  return output?.stdout.trim()
}
