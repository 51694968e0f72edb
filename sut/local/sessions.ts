import type { Clock } from '#lib/clock.ts'
import { Failure } from '#lib/errors.ts'
import { newId } from '#lib/random.ts'
import { pause } from '#lib/wait.ts'

// A harness is there as long as it says so: the dead-man's switch. Whoever is silent for its lease is taken for dead, and what
// it holds (faults, or the whole system) is ended.
export interface Sessions {
  /** `lease_ms` 0: it never expires. */
  open(lease_ms: number, id?: string): string
  /** Throws Failure LEASE_EXPIRED when it is too late. */
  heartbeat(id: string): void
  /** Ended on purpose. */
  close(id: string): void
  isOpen(id: string): boolean
  /** Looks after the leases until the signal aborts. */
  watch(expired: (id: string) => void, signal: AbortSignal): Promise<void>
}

const look_every_ms = 250
const sessions_max = 1_000

export function createSessions(clock: Clock): Sessions {
  const sessions = new Map<string, { lease_ms: number; heard_ms: number }>()
  return {
    open(lease_ms, id = newId()) {
      if (sessions.size >= sessions_max) throw new Failure('SYSTEM_LOST', `more than ${sessions_max} sessions are open`)
      sessions.set(id, { lease_ms, heard_ms: clock.monotonic_ms() })
      return id
    },
    heartbeat(id) {
      const session = sessions.get(id)
      if (session === undefined) throw new Failure('LEASE_EXPIRED', 'the lease has run out: its faults were reverted')
      session.heard_ms = clock.monotonic_ms()
    },
    close: (id) => void sessions.delete(id),
    isOpen: (id) => sessions.has(id),
    async watch(expired, signal) {
      while (!signal.aborted) {
        const now_ms = clock.monotonic_ms()
        for (const [id, { lease_ms, heard_ms }] of sessions) {
          if (lease_ms === 0 || now_ms - heard_ms < lease_ms) continue
          sessions.delete(id)
          expired(id)
        }
        await pause(look_every_ms, signal).catch(() => undefined)
      }
    },
  }
}
