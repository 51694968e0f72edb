import type { SystemStatus } from '#chaos/targets/target.ts'
import { Failure } from '#lib/errors.ts'
import { catalogue } from './catalogue.ts'
import { standWhereSystemsAre } from './stand.ts'

export async function runningSystems(): Promise<SystemStatus[]> {
  await standWhereSystemsAre()
  const lists = await Promise.all(Object.values(catalogue.targets).map((target) => target.list()))
  return lists.flat()
}

/** The system of that id, or the only one. Throws Failure SYSTEM_NOT_FOUND. */
export async function theSystem(id: string | undefined): Promise<SystemStatus> {
  const running = await runningSystems()
  const matching = id === undefined ? running : running.filter((system) => system.id.startsWith(id))
  const [only, ...others] = matching
  if (only !== undefined && others.length === 0) return only
  const ids = running.map((system) => system.id).join(', ')
  if (running.length === 0) throw new Failure('SYSTEM_NOT_FOUND', 'no system is running')
  if (only === undefined) throw new Failure('SYSTEM_NOT_FOUND', `no system ${id} is running, only ${ids}`)
  throw new Failure('SYSTEM_NOT_FOUND', `several systems fit: ${ids}`, { hint: '--system ID names one of them' })
}
