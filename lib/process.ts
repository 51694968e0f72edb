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
  for (const { pid: child, parent, start_ticks } of allStats()) {
    const siblings = children.get(parent) ?? []
    siblings.push({ pid: child, start_ticks })
    children.set(parent, siblings)
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

/**
 * User and system time in ms of each of these processes with all below it, those that have ended included; 0 for one that is gone.
 */
export function treeCpuMs(roots: readonly ProcessIdentity[]): number[] {
  const children = new Map<number, Stat[]>()
  const all = new Map<number, Stat>()
  for (const stat of allStats()) {
    all.set(stat.pid, stat)
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), stat])
  }
  const sum = (stat: Stat): number =>
    (children.get(stat.pid) ?? []).reduce((total, child) => total + sum(child), stat.cpu_ms + stat.ended_children_ms)
  return roots.map(({ pid, start_ticks }) => {
    const stat = all.get(pid)
    return stat?.start_ticks === start_ticks ? sum(stat) : 0
  })
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

interface Stat extends ProcessIdentity {
  parent: number
  cpu_ms: number
  /** Of children that have ended and that it has waited for, and of theirs. */
  ended_children_ms: number
}

function allStats(): Stat[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return numbers.map((name) => statOf(Number(name))).filter((stat) => stat !== null)
}

function statOf(pid: number): Stat | null {
  const text = read(`/proc/${pid}/stat`)
  if (text === null) return null
  // The name in parentheses may hold anything, parentheses too: `state`, field 3, comes after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3])
  // A zombie whose other threads (field 20 counts them) are still ending keeps its ports open until the last one is gone.
  if (fields[0] === 'X' || (fields[0] === 'Z' && field(20) <= 1)) return null
  return {
    pid,
    parent: field(4),
    cpu_ms: (field(14) + field(15)) * tick_ms,
    ended_children_ms: (field(16) + field(17)) * tick_ms,
    start_ticks: field(22),
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
