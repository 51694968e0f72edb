import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

/** A process, told from a later one with the same number by its start: clock ticks since boot (field 22 of /proc/PID/stat). */
export interface ProcessIdentity {
  pid: number
  start_ticks: number
}

export interface ProcessUsage {
  /** User and system time since its start; the kernel counts it in steps of 10 ms. */
  cpu_ms: number
  resident_bytes: number
}

const tick_ms = 10 // USER_HZ is 100 on every Linux

/** Null when there is no such process, or only its exit status (a zombie). */
export function identify(pid: number): ProcessIdentity | null {
  const fields = statOf(pid)
  return fields === null ? null : { pid, start_ticks: fields.start_ticks }
}

export function alive({ pid, start_ticks }: ProcessIdentity): boolean {
  return statOf(pid)?.start_ticks === start_ticks
}

/** Signals exactly that process; false when it is gone (or its number belongs to another one by now). */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!alive(identity)) return false
  try {
    process.kill(identity.pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** All living processes below `pid`, parents first: a program such as PostgreSQL is one process per connection. */
export function descendants(pid: number): ProcessIdentity[] {
  const children = new Map<number, ProcessIdentity[]>()
  for (const name of readdirSync('/proc')) {
    const fields = /^\d+$/.test(name) ? statOf(Number(name)) : null
    if (fields === null) continue
    const siblings = children.get(fields.parent) ?? []
    siblings.push({ pid: Number(name), start_ticks: fields.start_ticks })
    children.set(fields.parent, siblings)
  }
  const found: ProcessIdentity[] = []
  const waiting = [pid]
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    for (const child of children.get(parent) ?? []) {
      found.push(child)
      waiting.push(child.pid)
    }
  }
  return found
}

/** SIGKILL for a process and everything below it, as when its machine is switched off. False when it was gone before. */
export function killTree(identity: ProcessIdentity): boolean {
  if (!alive(identity)) return false
  const below = descendants(identity.pid)
  const killed = signalProcess(identity, 'SIGKILL')
  for (const each of below) signalProcess(each, 'SIGKILL')
  return killed
}

/** Null when the process is gone. */
export function usageOf({ pid, start_ticks }: ProcessIdentity): ProcessUsage | null {
  const fields = statOf(pid)
  const status = fields?.start_ticks === start_ticks ? read(`/proc/${pid}/status`) : null
  if (fields === null || status === null) return null
  return { cpu_ms: fields.cpu_ms, resident_bytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024 }
}

export interface SpawnDetachedOptions {
  cwd: string
  environment: NodeJS.ProcessEnv
  stdio: StdioOptions
}

/** Starts a process in a session of its own: a Ctrl-C in this terminal does not reach it, and it outlives its parent. */
export function spawnDetached(command: string, args: readonly string[], options: SpawnDetachedOptions): ChildProcess {
  return spawn(command, args, {
    cwd: options.cwd,
    env: options.environment,
    stdio: options.stdio,
    detached: true,
  })
}

function statOf(pid: number): { parent: number; cpu_ms: number; start_ticks: number } | null {
  const text = read(`/proc/${pid}/stat`)
  if (text === null) return null
  // The name in parentheses may hold anything, parentheses too: `state`, field 3, comes after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3])
  // A zombie whose other threads (field 20 counts them) are still ending keeps its ports open until the last one is gone.
  if (fields[0] === 'X' || (fields[0] === 'Z' && field(20) <= 1)) return null
  return { parent: field(4), cpu_ms: (field(14) + field(15)) * tick_ms, start_ticks: field(22) }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
