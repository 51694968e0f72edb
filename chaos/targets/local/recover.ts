import { textOf } from '#lib/errors.ts'
import { alive } from '#lib/process.ts'
import { removeFolder } from '#lib/warden.ts'
import type { SystemFile } from '#sut/local/request.ts'
import type { Target } from '../target.ts'
import { controlClient } from './control-client.ts'
import { endFromOutside, killSystem } from './ending.ts'
import { readSystem, socketOf, systemIds, unfinishedFolders } from './state.ts'

/** Ends every system whose daemon is dead, or whose owner is dead and has left a lease behind. Others are not touched. */
export async function recover(): ReturnType<Target['recover']> {
  const report = { found: [] as string[], undone: [] as string[], failed: [] as string[] }
  for (const id of await systemIds()) {
    const file = await readSystem(id)
    const reason = abandoned(file)
    if (reason === null) continue
    report.found.push(`system ${id}: ${reason}`)
    try {
      report.undone.push(`system ${id}: ${await end(id, file)}`)
    } catch (error) {
      report.failed.push(`system ${id}: ${textOf(error)}`)
    }
  }
  for (const path of await unfinishedFolders()) {
    report.found.push(`${path}: its start was broken off`)
    await removeFolder(path).then(
      () => report.undone.push(`${path}: removed`),
      (error: unknown) => report.failed.push(`${path}: ${textOf(error)}`),
    )
  }
  return report
}

/** Why nobody looks after a system any more; null: somebody does. */
function abandoned(file: SystemFile | null): string | null {
  if (file === null) return 'a folder without a readable description'
  const { daemon, owner, lease_ms, state } = file
  if (daemon !== null && !alive(daemon)) return 'its daemon is dead'
  if (daemon === null && !alive(owner)) return 'its start was broken off'
  const leased = lease_ms > 0 || state === 'starting'
  return leased && !alive(owner) ? 'whoever started it is dead' : null
}

async function end(id: string, file: SystemFile | null): Promise<string> {
  if (file === null || file.daemon === null || !alive(file.daemon)) {
    const ended = await killSystem(id, file)
    return `${ended.length} processes ended, folder removed`
  }
  const control = controlClient(id, socketOf(id))
  try {
    await endFromOutside(file, control)
  } finally {
    await control.close()
  }
  return 'ended, folder removed'
}
