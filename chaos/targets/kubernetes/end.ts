import { textOf } from '#lib/errors.ts'
import { waitFor } from '#lib/wait.ts'
import { type Api, isGone, openApi } from './access/api.ts'
import { containerNodes } from './nodes.ts'
import { type SystemRecord, removeRecord } from './state.ts'

const gone_limit_ms = 50_000

/** Machines run again, the namespace with all that is in it is gone, and so is the record. Idempotent. */
export async function endSystem(record: SystemRecord): Promise<void> {
  await reviveMachines(record)
  const api = await openApi(record.access)
  try {
    await deleteNamespace(api, record.id)
  } finally {
    await api.close()
  }
  await removeRecord(record.id)
}

export async function reviveMachines({ nodes }: Pick<SystemRecord, 'nodes'>): Promise<string[]> {
  if (nodes === null) return []
  const machines = containerNodes(nodes)
  const away = (await machines.states()).filter(({ state }) => state !== 'running')
  await Promise.all(away.map(({ container }) => machines.revive(container)))
  return away.map(({ name, state }) => `node ${name} was ${state}`)
}

/** Pods go at once: what they hold goes with them, and one on a machine that is away would keep the namespace for good. */
export async function deleteNamespace(api: Pick<Api, 'call'>, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}`
  const ignoring = (error: unknown): void => {
    if (!isGone(error)) throw error
  }
  await api.call('DELETE', path).catch(ignoring)
  let reason = ''
  const gone = async (): Promise<boolean> => {
    try {
      await api.call('DELETE', `${path}/pods?gracePeriodSeconds=0`, { limit_ms: 10_000 })
      await api.call('GET', path, { limit_ms: 5_000 })
      return false
    } catch (error) {
      if (isGone(error)) return true
      reason = textOf(error)
      return false
    }
  }
  await waitFor(gone, { what: `namespace ${namespace} to be gone`, limit_ms: gone_limit_ms, every_ms: 300 }).catch(
    (error: unknown) => {
      throw new Error(`${textOf(error)}${reason === '' ? '' : `: ${reason}`}`, { cause: error })
    },
  )
}
