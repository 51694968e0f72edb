import type { Clock } from '#lib/clock.ts'
import { pause } from '#lib/wait.ts'
import type { Injection } from './injection.ts'

// Each fault is held for as long as it says, from the moment when it bites, whatever the others do:
//
//   effective ──► look, look, prove ──► … ──► last proof ─► revert          faults that end together: the last one first
//        └────────────────── hold_s ───────────────────────┘

export interface Holds extends AsyncDisposable {
  add(injection: Injection, hold_s: number): void
  /** Aborted when a fault was lost. */
  readonly signal: AbortSignal
  /** When the last of them ends, on the monotonic clock. */
  until_ms(): number
  /** Settles when all that were added are reverted, or with the first error: then the others are not reverted yet. */
  ended(): Promise<void>
}

export interface HoldPorts {
  clock: Clock
  signal: AbortSignal
  /** What joined is looked for this often, and a proof is made every fourth time. */
  look_every_ms: number
}

const looks_a_proof = 4

interface Held {
  injection: Injection
  until_ms: number
  reverted: Promise<void>
}

export function startHolds({ clock, signal: outer, look_every_ms }: HoldPorts): Holds {
  const over = new AbortController()
  const signal = AbortSignal.any([outer, over.signal])
  const all: Held[] = []

  const watch = async (injection: Injection, until_ms: number): Promise<void> => {
    // A proof takes time (a link that is cut is asked in vain): the last one begins so that the hold ends when it should.
    let proof_ms = injection.proof_ms
    let proven_ms = clock.monotonic_ms()
    const left_ms = (): number => until_ms - clock.monotonic_ms() - proof_ms
    while (left_ms() > 0) {
      await pause(Math.min(look_every_ms, Math.max(0, left_ms())), signal)
      await injection.cover()
      if (clock.monotonic_ms() - proven_ms < looks_a_proof * look_every_ms) continue
      proof_ms = await injection.prove()
      proven_ms = clock.monotonic_ms()
    }
    await injection.prove()
    await pause(Math.max(0, until_ms - clock.monotonic_ms()), signal)
  }
  const hold = async (injection: Injection, until_ms: number, earlier: number): Promise<void> => {
    if (until_ms > clock.monotonic_ms()) await watch(injection, until_ms)
    signal.throwIfAborted()
    // Whoever was put on later and ends now as well goes first.
    const later = all.slice(earlier + 1).filter((each) => Math.abs(each.until_ms - until_ms) <= look_every_ms)
    await Promise.all(later.map(({ reverted }) => reverted))
    await injection.revert()
  }
  return {
    signal: over.signal,
    until_ms: () => Math.max(...all.map(({ until_ms }) => until_ms)),
    add(injection, hold_s) {
      const until_ms = clock.monotonic_ms() + hold_s * 1000
      const reverted = hold(injection, until_ms, all.length)
      all.push({ injection, until_ms, reverted })
      reverted.catch((error: unknown) => over.abort(error))
    },
    async ended() {
      await Promise.all(all.map(({ reverted }) => reverted))
    },
    async [Symbol.asyncDispose]() {
      over.abort()
      await Promise.allSettled(all.map(({ reverted }) => reverted))
    },
  }
}
