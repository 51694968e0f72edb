import { pause } from '#lib/wait.ts'

const back_off_ms = { first: 100, most: 5000 }
/** A loop that ran for this long was well: its next failure starts the back-off anew. */
const well_after_ms = 30_000

export interface BackgroundLoops {
  start(name: string, loop: (signal: AbortSignal) => Promise<void>): void
  /** Aborts all loops and waits until they have ended. */
  stop(): Promise<void>
}

/** Supervised loops: one that throws is reported and started again, later and later, until `stop`. */
export function backgroundLoops(report: (name: string, error: unknown) => void): BackgroundLoops {
  const abort = new AbortController()
  const running = new Set<Promise<void>>()

  const supervise = async (name: string, loop: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    let wait_ms = back_off_ms.first
    while (!abort.signal.aborted) {
      const start = performance.now()
      try {
        await loop(abort.signal)
        return
      } catch (error) {
        if (abort.signal.aborted) return
        report(name, error)
      }
      if (performance.now() - start > well_after_ms) wait_ms = back_off_ms.first
      await pause(wait_ms, abort.signal).catch(() => {})
      wait_ms = Math.min(wait_ms * 2, back_off_ms.most)
    }
  }

  return {
    start: (name, loop) => {
      const run = supervise(name, loop).finally(() => running.delete(run))
      running.add(run)
    },
    stop: async () => {
      abort.abort()
      await Promise.all(running)
    },
  }
}
