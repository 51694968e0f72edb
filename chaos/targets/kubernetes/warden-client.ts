import { join } from 'node:path'
import { Failure } from '#lib/errors.ts'
import { type ProcessIdentity, spawnDetached } from '#lib/process.ts'
import type { WardenLine } from './warden.ts'

export interface Warden {
  /** That process ends with us. */
  guard(process: ProcessIdentity): void
  /** Aborted when the warden has ended without being told to: it took us for dead, or was killed itself. */
  readonly lost: AbortSignal
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
  const lost = new AbortController()
  let done = false
  child.once('exit', () => {
    const text = `the warden of ${id} has ended: it heard nothing for the lease of ${lease_ms / 1000} s, or was killed`
    if (!done) lost.abort(new Failure('LEASE_EXPIRED', text))
  })
  child.stdin?.on('error', () => undefined)
  child.unref()
  ;(child.stdin as { unref?: () => void } | null)?.unref?.()
  const tell = (line: WardenLine): void => void child.stdin?.write(`${JSON.stringify(line)}\n`)
  const beat = setInterval(() => tell({ kind: 'beat' }), lease_ms / 4)
  beat.unref()
  return {
    guard: (process) => tell({ kind: 'guard', process }),
    lost: lost.signal,
    done: () => {
      done = true
      clearInterval(beat)
      tell({ kind: 'done' })
      child.stdin?.end()
    },
  }
}
