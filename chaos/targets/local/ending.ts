import { alive, killTree } from '#lib/process.ts'
import { waitFor } from '#lib/wait.ts'
import { endProcesses, readProcesses, removeFolder } from '#lib/warden.ts'
import type { SystemFile } from '#sut/local/request.ts'
import { removeSharedMemory } from '#sut/local/stores/postgres/shared-memory.ts'
import type { ControlClient } from './control-client.ts'
import { systemFolder } from './state.ts'

const down_limit_ms = 20_000

/** Ends a system: the daemon does it when it is asked; when it cannot be asked or does not, everything it has recorded is killed. */
export async function endFromOutside(file: SystemFile, control: ControlClient): Promise<void> {
  const { daemon } = file
  await control.call('down', {}).catch(() => undefined) // what cannot be asked is killed below
  if (daemon !== null && alive(daemon))
    await waitFor(() => !alive(daemon), { what: 'the daemon to end', limit_ms: down_limit_ms }).catch(() => undefined)
  await killSystem(file.id, file)
}

/** Kills what is left of a system, and removes its folder. Returns the names of the processes that were still there. */
export async function killSystem(id: string, file: SystemFile | null): Promise<string[]> {
  const folder = systemFolder(id)
  const daemon = file?.daemon
  if (daemon) killTree(daemon)
  const ended = await endProcesses(readProcesses(folder))
  await removeSharedMemory(folder)
  await removeFolder(folder)
  return ended.map(({ name }) => name)
}
