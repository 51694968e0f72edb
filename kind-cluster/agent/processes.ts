import { readFileSync, readdirSync } from 'node:fs'
import { waitFor } from '#lib/wait.ts'

const gone_limit_ms = 3_000

export interface Found {
  pid: number
  name: string
}

/** Of the pod's other containers; process 1 holds the pod's namespaces and belongs to no container of ours. */
function others(): Found[] {
  const groups = (pid: string): string => readFileSync(`/proc/${pid}/cgroup`, 'utf8')
  const own = groups('self')
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || pid === '1') return []
    try {
      const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
      return groups(pid) === own || isGone(Number(pid)) ? [] : [{ pid: Number(pid), name }]
    } catch {
      return [] // it has ended in the meantime
    }
  })
}

function isGone(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true
  }
}

/** SIGKILL for every process of the pod's other containers; resolves when they are gone. */
export async function killOthers(): Promise<Found[]> {
  const found = others()
  for (const { pid } of found) process.kill(pid, 'SIGKILL')
  const gone = (): boolean => found.every(({ pid }) => isGone(pid))
  await waitFor(gone, { what: 'the killed processes to be gone', limit_ms: gone_limit_ms, every_ms: 5 })
  return found
}
