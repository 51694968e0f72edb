import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { waitFor } from '#lib/wait.ts'
import { ApiRefused } from '../access/api.ts'
import type { KubernetesObject, Listed } from '../access/objects.ts'
import { watchObjects } from './watched.ts'

const object = (name: string, version: number): KubernetesObject => ({
  metadata: { name, resourceVersion: String(version) },
})
const line = (type: string, each: object): string => `${JSON.stringify({ type, object: each })}\n`

/** An API server that answers what it is told to, list by list and watch by watch; then it is silent. */
function server(lists: (KubernetesObject[] | Error)[], watches: (string[] | Error)[]) {
  const asked: string[] = []
  return {
    asked,
    api: {
      call: async <T>(_method: string, path: string): Promise<T> => {
        asked.push('list')
        const items = lists.shift() ?? []
        if (items instanceof Error) throw items
        void path
        return { metadata: { resourceVersion: '10' }, items } satisfies Listed<KubernetesObject> as T
      },
      stream: async (path: string, { signal }: { signal?: AbortSignal } = {}): Promise<Readable> => {
        asked.push(/resourceVersion=(\d+)/.exec(path)![1]!)
        const lines = watches.shift()
        if (lines instanceof Error) throw lines
        const silent = new Readable({ read: () => undefined, ...(signal && { signal }) })
        return lines === undefined ? silent : Readable.from(lines.map((each) => Buffer.from(each)))
      },
    },
  }
}

async function watching(lists: (KubernetesObject[] | Error)[], watches: (string[] | Error)[], until: string) {
  const over = new AbortController()
  const told: string[] = []
  const { api, asked } = server(lists, watches)
  const watched = watchObjects<KubernetesObject>({
    api,
    path: '/api/v1/pods',
    signal: over.signal,
    changed: (before, after) => {
      const version = (each: KubernetesObject | undefined) => each?.metadata.resourceVersion ?? '-'
      told.push(`${(after ?? before)!.metadata.name} ${version(before)}→${version(after)}`)
    },
    broken: (reason) => told.push(`broken: ${reason}`),
  })
  await waitFor(() => told.includes(until), { what: until, limit_ms: 5_000, every_ms: 5 })
  over.abort()
  return { told, asked, objects: [...watched.objects.keys()] }
}

test('what is listed and what is watched is told in order', async () => {
  const watches = [
    [line('ADDED', object('b', 11)), line('MODIFIED', object('a', 12)), line('DELETED', object('b', 13))],
  ]
  const { told, objects } = await watching([[object('a', 5)]], watches, 'b 11→-')
  expect(told).toEqual(['a -→5', 'b -→11', 'a 5→12', 'b 11→-'])
  expect(objects).toEqual(['a'])
})

test('a watch that ends in a friendly way goes on from the last version, bookmarks included', async () => {
  const watches = [[line('BOOKMARK', { metadata: { resourceVersion: '20' } })], [line('ADDED', object('b', 21))]]
  const { asked } = await watching([[object('a', 5)]], watches, 'b -→21')
  expect(asked.slice(0, 3)).toEqual(['list', '10', '20'])
})

test('a version that is too old means a new list, whose differences are told', async () => {
  const gone = line('ERROR', { metadata: {}, code: 410, message: 'too old' })
  const lists = [
    [object('a', 5), object('b', 6)],
    [object('a', 9), object('c', 8)],
  ]
  const { told } = await watching(lists, [[gone]], 'c -→8')
  expect(told).toEqual(['a -→5', 'b -→6', 'broken: too old', 'b 6→-', 'a 5→9', 'c -→8'])
})

test('a server that is away is asked again, from where the watch was', async () => {
  const away = new Error('connect ECONNREFUSED')
  const watches = [away, away, away, [line('ADDED', object('b', 11))]]
  const { told, asked } = await watching([[object('a', 5)]], watches, 'b -→11')
  // The break is told once, not each try.
  expect(told).toEqual(['a -→5', 'broken: connect ECONNREFUSED', 'b -→11'])
  expect(asked.filter((each) => each === 'list')).toHaveLength(1)
})

test('a list that is refused is tried again', async () => {
  const { told } = await watching([new ApiRefused(503, 'starting'), [object('a', 5)]], [], 'a -→5')
  expect(told).toEqual(['broken: starting', 'a -→5'])
})
