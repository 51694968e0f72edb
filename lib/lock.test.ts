import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lock } from './lock.ts'
import { WaitedTooLong } from './wait.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slot-chaos-lock-'))
  path = join(folder, 'a.lock')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const holder = { pid: 2 ** 22 + 1, started: '1', boot: 'another boot', namespace: '', token: 'dead' }

test('a second one waits, is told who holds it, and gives up at the limit', async () => {
  await using first = new AsyncDisposableStack()
  first.use(await lock(path, { limit_ms: 1_000 }))
  const holders: number[] = []
  const second = lock(path, { limit_ms: 150, waiting: ({ pid }) => holders.push(pid) })
  await expect(second).rejects.toThrow(WaitedTooLong)
  expect(holders).toEqual([process.pid])
})

test('it is free after it was given back, and nothing is left', async () => {
  for (let i = 0; i < 2; i++) {
    await using held = new AsyncDisposableStack()
    held.use(await lock(path, { limit_ms: 100 }))
  }
  expect(await readdir(folder)).toEqual([])
})

test('the lock of a dead process is taken over by exactly one at a time', async () => {
  await writeFile(path, JSON.stringify(holder))
  let inside = 0
  const most: number[] = []
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      await using held = new AsyncDisposableStack()
      held.use(await lock(path, { limit_ms: 10_000 }))
      most.push(++inside)
      await new Promise(setImmediate)
      inside--
    }),
  )
  expect(most).toEqual(Array.from({ length: 8 }, () => 1))
  expect(await readdir(folder)).toEqual([])
})

test('one that died while it took over is taken over as well', async () => {
  await writeFile(path, JSON.stringify(holder))
  await writeFile(`${path}.dead`, JSON.stringify({ ...holder, token: 'dead too' }))
  {
    await using held = new AsyncDisposableStack()
    held.use(await lock(path, { limit_ms: 1_000 }))
  }
  expect(await readdir(folder)).toEqual([])
})

test('an abort ends the wait', async () => {
  await using first = new AsyncDisposableStack()
  first.use(await lock(path, { limit_ms: 1_000 }))
  const abort = new AbortController()
  const second = lock(path, { limit_ms: 60_000, signal: abort.signal, waiting: () => abort.abort() })
  await expect(second).rejects.toMatchObject({ name: 'AbortError' })
})
