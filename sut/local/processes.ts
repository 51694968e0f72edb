import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '#lib/clock.ts'
import { openLines } from '#lib/json-lines.ts'
import { type ProcessIdentity, alive, identify, killTree, treeCpuMs } from '#lib/process.ts'
import { type ProcessRecord, endProcesses, processesFile } from '#lib/warden.ts'

// Every process of a system is started here, and written down before anything else happens: so that the warden, or `recover`,
// can end it whatever becomes of the daemon.

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface OwnedProcess extends ProcessIdentity {
  readonly name: string
  readonly started_at_ms: number
  readonly child: ChildProcess
  /** Resolves when it is gone. */
  readonly exited: Promise<Exit>
}

export interface SpawnRequest {
  name: string
  command: string
  args: readonly string[]
  environment?: Record<string, string | undefined>
  cwd?: string
  run_as?: { uid: number; gid: number } | null
  /** A channel for messages; the other side sees its end when the daemon is gone. */
  channel?: boolean
  stop?: ProcessRecord['stop']
}

export interface Processes {
  spawn(request: SpawnRequest): OwnedProcess
  /** Takes a process that somebody else started (the load generator) into what must be ended. False: it is gone. */
  guard(name: string, pid: number): boolean
  log(name: string): string
  /** User and system time of what is alive, by program: the name up to its first hyphen. */
  cpu_ms(): Record<string, number>
  /** Ends everything. Throws WaitedTooLong when something does not go. */
  end(): Promise<void>
}

export function ownProcesses(folder: string, clock: Clock): Processes {
  const file = openLines(join(folder, processesFile))
  const records: ProcessRecord[] = []
  const record = (entry: ProcessRecord): void => {
    // What has ended long ago need not be looked at in the end.
    if (records.length > records_max) records.splice(0, records.length, ...records.filter(alive))
    records.push(entry)
    file.append(entry)
  }
  const log = (name: string): string => join(folder, 'logs', `${name}.log`)

  return {
    log,
    spawn(request) {
      const { name, run_as, channel = false, stop = 'SIGKILL' } = request
      const output = openSync(log(name), 'a', 0o600)
      const child = spawn(request.command, request.args, {
        cwd: request.cwd ?? folder,
        env: { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C', ...request.environment },
        stdio: channel ? ['ignore', output, output, 'ipc'] : ['ignore', output, output],
        ...run_as,
      })
      closeSync(output)
      child.on('error', () => undefined) // told below by the missing pid, or by its exit
      const identity = child.pid === undefined ? null : identify(child.pid)
      const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
      if (child.pid === undefined) throw new Error(`${name} could not be started: ${request.command}`)
      // A process that is gone before it could be looked at cannot be told from others, and need not be.
      const known = identity ?? { pid: child.pid, start_ticks: -1 }
      try {
        if (identity !== null) record({ name, ...identity, stop })
      } catch (error) {
        killTree(known)
        throw error
      }
      return { name, ...known, started_at_ms: clock.monotonic_ms(), child, exited }
    },
    guard(name, pid) {
      const identity = identify(pid)
      if (identity !== null) record({ name, ...identity, stop: 'SIGKILL' })
      return identity !== null
    },
    cpu_ms() {
      const living = records.filter(alive)
      const used = treeCpuMs(living)
      const sums: Record<string, number> = {}
      for (const [index, { name }] of living.entries()) {
        const program = name.split('-', 1)[0]!
        sums[program] = (sums[program] ?? 0) + used[index]!
      }
      return sums
    },
    async end() {
      await endProcesses(records)
    },
  }
}

const records_max = 500

/** "exit code 1" or "signal SIGKILL". */
export function textOfExit({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`
}
