import { Resolver } from 'node:dns/promises'
import { textOf } from '#lib/errors.ts'
import { pause, within } from '#lib/wait.ts'

/** Addresses of a name, some or none; rejects when the name service does not answer. */
export type Resolve = (name: string) => Promise<string[]>

export interface NameWatch {
  /** Those that are watched from now on. */
  watch(names: readonly string[]): void
  /** As of the last answer: of no answer yet, none. */
  addresses(name: string): readonly string[]
  close(): void
}

const every_ms = 1000
/** A server of the name service that is gone must not hold up the others' answers. */
const answer_limit_ms = 2000

/** DNS, of absolute names. "There is none" is an answer: a service without a ready instance has no address. */
export function dnsResolve(): Resolve {
  const fresh = (): Resolver => new Resolver({ timeout: 500, tries: 2 })
  let resolver = fresh()
  return async (name) => {
    const asked = resolver
    try {
      return await asked.resolve4(name)
    } catch (error) {
      const { code } = error as { code?: string }
      if (code === 'ENOTFOUND' || code === 'ENODATA') return []
      // A new socket: a network that spreads by connection would lead the old one to the same silent server again.
      if (resolver === asked) resolver = fresh()
      throw error
    }
  }
}

/**
 * Asks for each name again and again, and tells when an answer differs from the last one. While the name service fails the last
 * good answers stay; that is reported once, until it answers again.
 */
export function watchNames(options: {
  resolve: Resolve
  changed: () => void
  report: (text: string) => void
}): NameWatch {
  const { resolve, changed, report } = options
  const ending = new AbortController()
  const known = new Map<string, readonly string[]>()
  const failing = new Set<string>()
  let watched: readonly string[] = []

  const ask = async (name: string): Promise<boolean> => {
    try {
      const answer = (
        await within(resolve(name), { what: `an answer for ${name}`, limit_ms: answer_limit_ms })
      ).toSorted()
      failing.delete(name)
      const last = known.get(name)
      if (last !== undefined && last.join() === answer.join()) return false
      known.set(name, answer)
      return true
    } catch (error) {
      if (!failing.has(name)) report(`${name} is not resolved, its last addresses stay: ${textOf(error)}`)
      failing.add(name)
      return false
    }
  }
  const turn = async (): Promise<void> => {
    const news = await Promise.all(watched.map(ask))
    if (news.some(Boolean) && !ending.signal.aborted) changed()
  }
  // Ends with its pause, which only an abort rejects.
  const loop = async (): Promise<void> => {
    for (;;) {
      await turn()
      await pause(every_ms, ending.signal)
    }
  }
  let running: Promise<void> | undefined

  return {
    watch(names) {
      watched = names
      for (const name of known.keys()) if (!names.includes(name)) known.delete(name)
      if (names.length > 0) running ??= loop().catch(() => {})
    },
    addresses: (name) => known.get(name) ?? [],
    close: () => ending.abort(),
  }
}
