import { join } from 'node:path'
import { type ProcessIdentity, spawnDetached } from '#lib/process.ts'
import type { WardenLine } from './warden.ts'

export interface Warden {
  /** That process ends with us. */
  guard(process: ProcessIdentity): void
  /** We go, and have cleaned up ourselves. */
  done(): void
}

/** Starts the warden of a system and tells it, four times within the lease, that we live. */
export function startWarden(id: string, lease_ms: number, role: 'owner' | 'guest'): Warden {
  const child = spawnDetached(process.execPath, [join(import.meta.dirname, 'warden.ts'), id, String(lease_ms), role], {
    cwd: join(import.meta.dirname, '..', '..', '..'),
    environment: process.env,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.on('error', () => undefined) // `recover` finds what it would have ended
  child.stdin?.on('error', () => undefined)
  child.unref()
  ;(child.stdin as { unref?: () => void } | null)?.unref?.()
  const tell = (line: WardenLine): void => void child.stdin?.write(`${JSON.stringify(line)}\n`)
  const beat = setInterval(() => tell({ kind: 'beat' }), lease_ms / 4)
  beat.unref()
  return {
    guard: (process) => tell({ kind: 'guard', process }),
    done: () => {
      clearInterval(beat)
      tell({ kind: 'done' })
      child.stdin?.end()
    },
  }
}
