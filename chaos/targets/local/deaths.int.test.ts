import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { identify } from '#lib/process.ts'
import { waitFor } from '#lib/wait.ts'
import type { UpRequest } from '../target.ts'
import { systemFolder } from './state.ts'
import { localTarget } from './target.ts'
import { standIn } from './testing/bundle.ts'
import { leftOf } from './testing/left.ts'

// Whoever dies, and however: nothing stays.
const target = localTarget(standIn)
const asked: UpRequest = {
  design: 'standard',
  links: [],
  lease_ms: 20_000,
  progress: () => undefined,
  signal: new AbortController().signal,
}
const nothing_limit_ms = 15_000
let state: string

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'slot-test-'))
  await chmod(state, 0o711)
  process.env['SLOT_CHAOS_STATE'] = join(state, 's')
})
afterAll(() => rm(state, { recursive: true, force: true }))

const daemonOf = async (id: string): Promise<number> =>
  JSON.parse(await readFile(join(systemFolder(id), 'system.json'), 'utf8')).daemon.pid
const nothingLeft = (id: string) =>
  waitFor(() => leftOf(id).length === 0, {
    what: `nothing to be left of ${id}`,
    limit_ms: nothing_limit_ms,
    every_ms: 100,
  })

async function harness(lease_ms: number) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing', 'harness.ts'), String(lease_ms)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, ...(JSON.parse(line.toString()) as { id: string; load: number }) }
}

test('two systems live side by side; one whose daemon is killed is cleaned up, the other stays', async () => {
  await using first = await target.up(asked)
  await using second = await target.up(asked)
  expect(second.settings['ports_from']).not.toBe(first.settings['ports_from'])
  process.kill(await daemonOf(first.id), 'SIGKILL')
  await nothingLeft(first.id)
  await expect(first.sample()).rejects.toMatchObject({ code: 'SYSTEM_LOST' })
  const sample = await second.sample()
  expect(sample.instances.every(({ state: now }) => now === 'ready')).toBe(true)
  expect((await target.list()).map(({ id }) => id)).toEqual([second.id])
  await second.down()
  expect(leftOf(second.id)).toEqual([])
})

test('a harness that is killed takes its system and its load generator with it, when its lease has run out', async () => {
  const { child, id, load } = await harness(3_000)
  expect(leftOf(id).length).toBeGreaterThan(10)
  child.kill('SIGKILL')
  await nothingLeft(id)
  expect(identify(load)).toBe(null)
  expect(await target.recover()).toEqual({ found: [], undone: [], failed: [] })
})

test('recover ends the system of a harness that is dead, without waiting for the lease', async () => {
  const { child, id } = await harness(600_000)
  expect((await target.recover()).found).toEqual([])
  child.kill('SIGKILL')
  await once(child, 'exit')
  const report = await target.recover()
  expect(report).toMatchObject({
    found: [expect.stringContaining(id)],
    undone: [expect.stringContaining(id)],
    failed: [],
  })
  expect(leftOf(id)).toEqual([])
})

test('a start that is broken off leaves nothing', async () => {
  const stop = new AbortController()
  let told = 0
  const progress = (): void => {
    if (++told === 2) stop.abort(new Error('Ctrl-C'))
  }
  await expect(target.up({ ...asked, progress, signal: stop.signal })).rejects.toThrow('Ctrl-C')
  expect(await target.recover()).toEqual({ found: [], undone: [], failed: [] })
})

test('a service that does not start is named, with the end of its log', async () => {
  const broken = localTarget({ ...standIn, entry: async () => 'sut/local/testing/no-such-{service}.ts' })
  const failed = await broken.up(asked).catch((error: unknown) => error)
  expect(failed).toMatchObject({ code: 'SYSTEM_START_FAILED', exit: 3 })
  expect(String(failed)).toMatch(/-[ab]-1 did not start[^]*Cannot find module[^]*no-such-/)
  expect(await target.recover()).toEqual({ found: [], undone: [], failed: [] })
})

test('a port that is taken is named, and nothing is started', async () => {
  const other = createServer().listen(31_850, '127.0.0.1')
  await once(other, 'listening')
  try {
    await expect(target.up({ ...asked, ports_from: 31_700 })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      exit: 2,
      message: expect.stringContaining('port 31850 is taken'),
    })
  } finally {
    other.close()
  }
  await expect(target.up({ ...asked, links: [{ from: 'wallet', to: 'gateway' }] })).rejects.toMatchObject({
    code: 'UNKNOWN_LINK',
  })
  await expect(target.up({ ...asked, design: 'best' })).rejects.toMatchObject({ code: 'UNKNOWN_DESIGN' })
  expect(await target.list()).toEqual([])
})

test('a system without a lease outlives whoever started it, until down', async () => {
  const { child, id } = await harness(0)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const killed_ms = systemClock.monotonic_ms()
  await waitFor(() => systemClock.monotonic_ms() - killed_ms > 2_000, { what: 'two seconds', limit_ms: 3_000 })
  expect(await target.list()).toMatchObject([{ id, owner_alive: false }])
  expect((await target.recover()).found).toEqual([])
  await (await target.connect(id)).down()
  expect(leftOf(id)).toEqual([])
})
