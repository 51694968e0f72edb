import { textOf } from '#lib/errors.ts'
import { textLines } from '#lib/text-lines.ts'
import { pause } from '#lib/wait.ts'
import { type Api, ApiRefused } from '../access/api.ts'
import type { KubernetesObject, Listed } from '../access/objects.ts'

// A list that keeps itself up to date:
//
//   list ──► watch from its version ──line──► changed(before, after)
//     ▲          │ ended, refused (410: too old), broken, or silent for longer than the watchdog allows
//     └── pause ─┘
//
// Bookmarks come about once a minute, so that silence means something. After each list, what is new, changed or gone in the
// meantime is told as if it had been watched: an API server that restarts costs time, never an event.

export interface Watched<T> {
  /** By name. */
  readonly objects: ReadonlyMap<string, T>
  /** Resolves when the first list is there. */
  readonly listed: Promise<void>
}

export interface WatchOptions<T> {
  api: Pick<Api, 'call' | 'stream'>
  /** Of the list, with its selectors. */
  path: string
  /** Called in order; `before` undefined: new, `after` undefined: gone. Must not throw. */
  changed: (before: T | undefined, after: T | undefined) => void
  /** Told once for each break. */
  broken?: (reason: string) => void
  signal: AbortSignal
  silence_max_ms?: number
}

interface WatchLine<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  object: T & { code?: number; message?: string }
}

/** Bookmarks are sent about every minute. */
const silence_max_ms = 100_000
const pause_first_ms = 200
const pause_max_ms = 5_000

export function watchObjects<T extends KubernetesObject>(options: WatchOptions<T>): Watched<T> {
  const { signal, changed } = options
  const objects = new Map<string, T>()
  const first = Promise.withResolvers<void>()
  first.promise.catch(() => undefined)
  const put = (after: T): void => {
    const before = objects.get(after.metadata.name)
    if (before?.metadata.resourceVersion === after.metadata.resourceVersion) return
    objects.set(after.metadata.name, after)
    changed(before, after)
  }
  const drop = (name: string): void => {
    const before = objects.get(name)
    if (!objects.delete(name)) return
    changed(before, undefined)
  }
  const list = async (): Promise<string> => {
    const { metadata, items } = await options.api.call<Listed<T>>('GET', options.path, { signal })
    const names = new Set(items.map((item) => item.metadata.name))
    for (const name of objects.keys()) if (!names.has(name)) drop(name)
    for (const item of items) put(item)
    first.resolve()
    return metadata.resourceVersion
  }
  const take = ({ type, object }: WatchLine<T>): string => {
    if (type === 'ERROR') throw new ApiRefused(object.code ?? 500, object.message ?? 'the watch was refused')
    if (type === 'DELETED') drop(object.metadata.name)
    else if (type !== 'BOOKMARK') put(object)
    return object.metadata.resourceVersion ?? ''
  }
  const follow = async (): Promise<void> => {
    let pause_ms = pause_first_ms
    let version: string | null = null
    let whole = true
    while (!signal.aborted) {
      try {
        if (version === null) {
          version = await list()
          whole = true
        }
        for await (const line of linesFrom(options, version)) {
          version = take(JSON.parse(line) as WatchLine<T>)
          pause_ms = pause_first_ms
          whole = true
        }
        await pause(pause_first_ms, signal)
      } catch (error) {
        if (signal.aborted) return
        // A watch that only broke goes on where it was; one that was refused has to list again.
        if (error instanceof ApiRefused) version = null
        if (whole) options.broken?.(textOf(error))
        whole = false
        await pause(pause_ms, signal).catch(() => undefined)
        pause_ms = Math.min(pause_max_ms, pause_ms * 2)
      }
    }
  }
  void follow()
  signal.addEventListener('abort', () => first.reject(signal.reason), { once: true })
  return { objects, listed: first.promise }
}

/** Lines of one watch; throws at its watchdog. The server ends it in a friendly way every five minutes. */
async function* linesFrom<T>(
  { api, path, signal, silence_max_ms: silent_ms = silence_max_ms }: WatchOptions<T>,
  version: string,
) {
  const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=${version}`
  const body = await api.stream(`${path}${path.includes('?') ? '&' : '?'}${query}`, { signal, limit_ms: silent_ms })
  try {
    yield* textLines(body)
  } finally {
    body.on('error', () => undefined)
    body.destroy()
  }
}
