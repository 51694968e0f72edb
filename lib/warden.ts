import { readFileSync, rmSync, rmdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { textOf } from './errors.ts'
import { type ProcessIdentity, alive, killTree, signalProcess } from './process.ts'
import { waitFor } from './wait.ts'

// The warden of an owner that may die at any moment:
//
//   owner ──stdin──► warden          the pipe breaks (end of file) when the owner is gone, however it went
//     │ writes                          │ then reads
//     └──────► processes.jsonl ◄────────┘  ends every process in it, removes the folder, ends
//
//   node lib/warden.ts FOLDER

/** A line of processes.jsonl: a process that must not outlive its owner. */
export interface ProcessRecord extends ProcessIdentity {
  name: string
  /** What ends it without leaving anything in the kernel: SIGKILL for most, SIGQUIT for PostgreSQL (shared memory). */
  stop: 'SIGKILL' | 'SIGQUIT'
}

export const processesFile = 'processes.jsonl'
const graceful_limit_ms = 3_000
const gone_limit_ms = 10_000
const remove_limit_ms = 10_000

/** What processes.jsonl of a folder holds; a line that a crash cut short is left out. */
export function readProcesses(folder: string): ProcessRecord[] {
  let text: string
  try {
    text = readFileSync(`${folder}/${processesFile}`, 'utf8')
  } catch {
    return []
  }
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as ProcessRecord]
    } catch {
      return []
    }
  })
}

/** Ends every recorded process that still lives and returns those; throws WaitedTooLong when one does not go. */
export async function endProcesses(records: readonly ProcessRecord[]): Promise<ProcessRecord[]> {
  const living = records.filter(alive)
  for (const record of living) {
    if (record.stop === 'SIGKILL') killTree(record)
    else signalProcess(record, record.stop)
  }
  const allGone = (): boolean => !living.some(alive)
  await waitFor(allGone, { what: 'a graceful end', limit_ms: graceful_limit_ms, every_ms: 20 }).catch(() => undefined)
  for (const record of living) killTree(record)
  await waitFor(allGone, { what: 'killed processes to be gone', limit_ms: gone_limit_ms })
  return living
}

/** Removes a folder that a dying process may still write to, and its parent when that was the last one in it. */
export async function removeFolder(folder: string): Promise<void> {
  let reason = ''
  const removed = (): boolean => {
    try {
      rmSync(folder, { recursive: true, force: true })
      return true
    } catch (error) {
      reason = textOf(error)
      return false
    }
  }
  await waitFor(removed, { what: `${folder} to be removed`, limit_ms: remove_limit_ms }).catch((error: unknown) => {
    throw new Error(`${textOf(error)}: ${reason}`, { cause: error })
  })
  try {
    rmdirSync(dirname(folder))
  } catch {
    // Other folders are in it: they belong to other owners.
  }
}

if (import.meta.main) {
  const folder = process.argv[2]
  if (folder === undefined) throw new Error('usage: node lib/warden.ts FOLDER')
  process.stdin.resume()
  await new Promise((resolve) => process.stdin.once('close', resolve))
  await endProcesses(readProcesses(folder))
  await removeFolder(folder)
}
