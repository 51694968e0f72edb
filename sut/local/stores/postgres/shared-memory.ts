import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '#lib/run-program.ts'

const limit_ms = 5_000

/**
 * Removes the few bytes of shared memory that a PostgreSQL leaves in the kernel when it is killed (and not started again on the
 * same folder): the seventh line of its pid file names them by key and number. To be called when its processes are gone.
 */
export async function removeSharedMemory(folder: string): Promise<void> {
  const names = await readdir(join(folder, 'data')).catch(() => [])
  for (const name of names.filter((each) => each.startsWith('postgres-'))) {
    const text = await readFile(join(folder, 'data', name, 'postmaster.pid'), 'utf8').catch(() => '')
    const number = /^\s*\d+\s+(\d+)\s*$/.exec(text.split('\n')[6] ?? '')?.[1]
    // It may be gone by now, and the program missing (it is not on a Mac): then the bytes stay until the next start of the machine.
    if (number !== undefined) await runProgram('ipcrm', ['-m', number], { limit_ms }).catch(() => undefined)
  }
}
