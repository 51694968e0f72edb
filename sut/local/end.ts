import type { ChildProcess } from 'node:child_process'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { spawnDetached } from '#lib/process.ts'
import { removeFolder } from '#lib/warden.ts'
import type { Processes } from './processes.ts'
import { removeSharedMemory } from './stores/postgres/shared-memory.ts'

/** Starts the process that cleans up when this one is killed: see lib/warden.ts. It is started again if it dies first. */
export function startWarden(folder: string, root: string, ending: AbortSignal): { stop(): Promise<void> } {
  const start = (): ChildProcess =>
    spawnDetached(process.execPath, [join(root, 'lib', 'warden.ts'), folder], {
      cwd: root,
      environment: process.env,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
  let warden = start()
  const keep = (left: number): void => {
    warden.on('error', () => undefined) // its exit follows
    warden.once('exit', () => {
      if (ending.aborted || left === 0) return
      warden = start()
      keep(left - 1)
    })
  }
  keep(restarts_max)
  return {
    async stop() {
      if (warden.exitCode !== null || warden.signalCode !== null) return
      const gone = new Promise((resolve) => warden.once('exit', resolve))
      warden.kill('SIGKILL')
      await gone
    },
  }
}

const restarts_max = 10

/** Ends every process and removes the folder; what throws is left to the warden. */
export async function endSystem(folder: string, processes: Processes | undefined): Promise<void> {
  await processes?.end()
  await removeSharedMemory(folder)
  await removeFolder(folder)
}

/** Servers that run as another user must get through to their data; everything else is for this user alone. */
export async function prepareFolders(folder: string): Promise<void> {
  process.umask(0o077)
  for (const name of ['config', 'data', 'discovery', 'logs', 'vault']) {
    await mkdir(join(folder, name), { recursive: true })
    await chmod(join(folder, name), 0o711)
  }
}
