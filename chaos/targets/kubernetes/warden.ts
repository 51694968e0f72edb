import { textOf } from '#lib/errors.ts'
import { type ProcessIdentity, killTree } from '#lib/process.ts'
import { textLines } from '#lib/text-lines.ts'
import { podSecurity } from '#kind-cluster/manifests/manifests.ts'
import { openApi } from './access/api.ts'
import { endSystem, reviveMachines } from './end.ts'
import { type SystemRecord, readRecord } from './state.ts'

// The warden of a system on a cluster, a process of its own that outlives the harness:
//
//   harness ──beats, guarded processes──► warden        a broken pipe, or silence for the length of the lease: the harness is gone
//                                            └─► kills what it guards, lets machines run again, and ends the system (role `owner`)
//                                                or takes back what faults have left in it (role `guest`); a pod's agent does so itself
//
//   node chaos/targets/kubernetes/warden.ts ID LEASE_MS owner|guest

export type WardenLine = { kind: 'beat' } | { kind: 'guard'; process: ProcessIdentity } | { kind: 'done' }

const tries_max = 5

async function takeBack({ access, id }: SystemRecord): Promise<void> {
  const api = await openApi(access)
  try {
    const body = { metadata: { labels: podSecurity('restricted') } }
    await api.call('PATCH', `/api/v1/namespaces/${id}`, { patch: 'merge', body })
  } finally {
    await api.close()
  }
}

/** Resolves when the harness is gone; true: it said that it goes. */
async function harnessGone(lease_ms: number, guarded: ProcessIdentity[]): Promise<boolean> {
  const silent = new AbortController()
  let silence: NodeJS.Timeout | undefined
  const heard = (): void => {
    clearTimeout(silence)
    // timer: the lease
    silence = setTimeout(() => silent.abort(), lease_ms)
  }
  heard()
  const told = (async (): Promise<boolean> => {
    for await (const text of textLines(process.stdin)) {
      heard()
      const line = JSON.parse(text) as WardenLine
      if (line.kind === 'guard') guarded.push(line.process)
      if (line.kind === 'done') return true
    }
    return false
  })().catch(() => false)
  const over = new Promise<boolean>((resolve) => silent.signal.addEventListener('abort', () => resolve(false)))
  const answer = await Promise.race([told, over])
  clearTimeout(silence)
  return answer
}

async function main(id: string, lease_ms: number, role: string): Promise<void> {
  const guarded: ProcessIdentity[] = []
  if (await harnessGone(lease_ms, guarded)) return
  for (const each of guarded) killTree(each)
  for (let tries = tries_max; tries > 0; tries--) {
    const record = await readRecord(id)
    if (record === null) return
    try {
      if (role === 'owner') return await endSystem(record)
      await reviveMachines(record)
      return await takeBack(record)
    } catch (error) {
      console.error(textOf(error)) // `recover` does what is left
    }
  }
}

if (import.meta.main) {
  const [, , id, lease_ms, role] = process.argv
  if (id === undefined || role === undefined) throw new Error('usage: node warden.ts ID LEASE_MS owner|guest')
  await main(id, Number(lease_ms), role)
  process.exit()
}
