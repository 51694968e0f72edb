import { setTimeout as timer } from 'node:timers/promises'

/** A pause inside a loop that has a limit (back-off, polling, a tick): never a way to hope that something is done. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await timer(ms, undefined, signal === undefined ? {} : { signal })
}

export interface WaitOptions {
  /** What is waited for, as the error will say it. */
  what: string
  limit_ms: number
  every_ms?: number
  signal?: AbortSignal
}

export class WaitedTooLong extends Error {}

/**
 * Polls until the condition gives something other than undefined, null or false, and returns that.
 * Throws WaitedTooLong at the limit, the signal's reason when aborted; errors of the condition go to the caller.
 */
export async function waitFor<T>(
  condition: () => Promise<T> | T,
  { what, limit_ms, every_ms = 50, signal }: WaitOptions,
): Promise<Exclude<T, undefined | null | false>> {
  const end = performance.now() + limit_ms
  for (;;) {
    signal?.throwIfAborted()
    const value = await condition()
    if (value !== undefined && value !== null && value !== false) return value as Exclude<T, undefined | null | false>
    if (performance.now() >= end) throw new WaitedTooLong(`waited ${limit_ms} ms for ${what}`)
    await pause(every_ms, signal)
  }
}

/** The work's own result or error; at the limit WaitedTooLong, while the work goes on unheard. */
export async function within<T>(work: Promise<T>, { what, limit_ms }: { what: string; limit_ms: number }): Promise<T> {
  const over = new AbortController()
  const limit = timer(limit_ms, undefined, { signal: over.signal }).then(() => {
    throw new WaitedTooLong(`waited ${limit_ms} ms for ${what}`)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    limit.catch(() => undefined)
    over.abort()
  }
}
